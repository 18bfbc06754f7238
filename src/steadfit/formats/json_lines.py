"""JSON Lines: an object a line, whose keys are the columns."""

import json
from pathlib import Path
from typing import Any

from steadfit.errors import SteadfitError, some
from steadfit.formats.columns import Columns, check_count, columns_of
from steadfit.formats.encoding import read_text
from steadfit.regular_files import check_json

JSON_LINES = (".jsonl", ".ndjson")


def read_json_lines(path: Path, encoding: str | None = None) -> Columns:
    """A row a line; a key that a line lacks is an empty cell. What holds several values, a list or
    an object, is text as JSON writes it. Raises SteadfitError that names the lines that are no
    object."""
    text = read_text(path, encoding)
    check_json(path, text.encode())
    rows: list[dict[str, Any]] = []
    places, wrong = [], []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        row = _object(line)
        if row is None:
            wrong.append(f'line {number} ("{line[:40]}")')
            continue
        rows.append(row)
        places.append(f"{path.name} line {number}")
    if wrong or not rows:
        raise SteadfitError(
            f"{path.name}: each line must be a JSON object, got something else in {len(wrong)}: "
            f"{some(wrong) or 'it is empty'}. A list of objects is no JSON Lines: write an object "
            "a line."
        )
    names = list(dict.fromkeys(name for row in rows for name in row))
    check_count(path, len(names))
    cells = {name: [_cell(row.get(name)) for row in rows] for name in names}
    return columns_of(path.name, cells, places=places)


def _object(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _cell(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
