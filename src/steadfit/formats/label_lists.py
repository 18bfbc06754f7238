"""Several labels in one cell: with a mark between them, or as a list."""

import json
import re

MARKS = (";", "|", ",", "/")  # one of which often stands between labels
LIST = re.compile(r"\[.*\]")  # ['a', 'b'] as pandas writes lists


def labels_of(cell: str, mark: str) -> list[str]:
    """The labels of a cell with this mark between them; an array of JSON is divided as such, and
    with commas one of Python too.

    >>> labels_of("red; round;", ";"), labels_of("['red', 'round']", ",")
    (['red', 'round'], ['red', 'round'])
    >>> labels_of('["red", "round; and, soft"]', ";")
    ['red', 'round; and, soft']
    """
    bare = cell.strip()
    parts = bare.split(mark)
    if LIST.fullmatch(bare):
        listed = _of_json(bare)
        if listed is not None:
            parts = listed
        elif mark == ",":
            parts = [part.strip().strip("'\"") for part in bare[1:-1].split(mark)]
    return [part.strip() for part in parts if part.strip()]


def _of_json(cell: str) -> list[str] | None:
    """None where it is no array of texts and numbers."""
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    plain = all(isinstance(each, str | int | float) for each in found)
    return list(map(str, found)) if plain else None
