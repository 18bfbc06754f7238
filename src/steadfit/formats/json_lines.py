"""JSON Lines, an object a line, a list of objects, or one with a table; their keys are the
columns."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple

from steadfit.errors import SteadfitError, some
from steadfit.formats.columns import Columns
from steadfit.formats.encoding import read_text
from steadfit.formats.json_tables import listed_rows, rows_of_object
from steadfit.formats.new_columns import check_count, columns_of
from steadfit.formats.numerals import Mark
from steadfit.formats.plain_cells import with_plain_numbers
from steadfit.regular_files import check_json

JSON_LINES = (".jsonl", ".ndjson", ".json")


def read_json_lines(
    path: Path,
    encoding: str | None = None,
    decimal: Mark | None = None,
    verbatim: Collection[str] = (),
) -> Columns:
    """A row an object; a key that one lacks is an empty cell. What holds several values, a list or
    an object, is text as JSON writes it. Texts that are numbers as people write them are numbers,
    with this decimal mark, or the one that they tell; but for those in `verbatim`.

    Raises SteadfitError that names what is no object, and where nothing tells the decimal mark.
    """
    text = read_text(path, encoding)
    check_json(path, text.encode())
    whole = _object(text)
    within = None if whole is None else rows_of_object(whole)
    notes = []
    if whole is not None and within is None and (one := listed_rows(whole)):
        name, within = one
        notes.append(f'{path.name}: the rows are the objects of the list "{name}".')
    if whole is not None and within is None and len(text.strip().split("\n")) > 1:
        raise SteadfitError(
            f"{path.name}: must have a JSON object a line, or a list of objects, got one object "
            "over several lines. Save its rows as a list."
        )
    if within is not None:
        found = [_Found(f"row {number}", "", row) for number, row in enumerate(within, start=1)]
    else:
        found = _of_list(text) if text.lstrip().startswith("[") else _of_lines(text)
    rows = [each.row for each in found if each.row is not None]
    wrong = [f'{each.where} ("{each.written[:40]}")' for each in found if each.row is None]
    if wrong or not rows:
        raise SteadfitError(
            f"{path.name}: must have a JSON object a line, or a list of objects, got something "
            f"else in {len(wrong)}: {some(wrong) or 'it is empty'}. Fix or remove these."
        )
    names = list(dict.fromkeys(name for row in rows for name in row))
    check_count(path, len(names))
    cells = {name: [_cell(row.get(name)) for row in rows] for name in names}
    places = [f"{path.name} {each.where}" for each in found]
    table = columns_of(path.name, cells, places, notes)
    others = [n for n in names if n not in verbatim and not table.is_numeric(n)]
    return with_plain_numbers(table, others, decimal)


class _Found(NamedTuple):
    """Where something stands, how it is written, and the object that it is, if it is one."""

    where: str
    written: str
    row: dict[str, Any] | None


def _of_lines(text: str) -> list[_Found]:
    return [_Found(f"line {number}", line, _object(line))
            for number, line in enumerate(text.split("\n"), start=1) if line.strip()]  # fmt: skip


def _of_list(text: str) -> list[_Found]:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return [_Found("the list, which is cut off or no JSON", text, None)]
    return [_Found(f"object {number}", str(value), value if isinstance(value, dict) else None)
            for number, value in enumerate(values, start=1)]  # fmt: skip


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
