"""Tables in one object of JSON, as pandas and other programs write them, as rows."""

from collections.abc import Iterable
from typing import Any

_SPLIT = {"columns", "data"}  # what pandas' orient="split" has, beside an index


def rows_of_object(value: dict[str, Any]) -> list[dict[str, Any]] | None:
    """The rows of a table that is written column by column, row by row under their numbers, or
    under one name; None of an object that is a row itself.

    >>> rows_of_object({"a": {"0": 1, "1": 2}, "b": {"0": "x", "1": "y"}})
    [{'a': 1, 'b': 'x'}, {'a': 2, 'b': 'y'}]
    >>> rows_of_object({"a": [1, 2], "b": ["x", "y"]}) == _
    True
    >>> rows_of_object({"0": {"a": 1, "b": "x"}, "1": {"a": 2, "b": "y"}})
    [{'a': 1, 'b': 'x'}, {'a': 2, 'b': 'y'}]
    >>> rows_of_object({"columns": ["a", "b"], "index": [0], "data": [[1, "x"]]})
    [{'a': 1, 'b': 'x'}]
    >>> rows_of_object({"rows": [{"a": 1}]}), rows_of_object({"a": 1, "b": [2, 3]})
    ([{'a': 1}], None)
    """
    parts = list(value.values())
    if value.keys() >= _SPLIT and isinstance(value["columns"], list):
        return _of_lists(list(map(str, value["columns"])), value["data"])
    if len(parts) == 1 and _are_all(parts[0], dict):
        return parts[0]
    if parts and all(isinstance(part, dict) for part in parts):
        if len({tuple(part) for part in parts}) > 1 or not parts[0]:
            return None
        if _count_rows(value) and not _count_rows(parts[0]):  # pandas' orient="index"
            return parts
        return [{name: part[key] for name, part in value.items()} for key in parts[0]]
    if parts and all(isinstance(part, list) for part in parts):
        if len({len(part) for part in parts}) > 1:
            return None
        return [dict(zip(value, row, strict=True)) for row in zip(*parts, strict=True)]
    return None


def _count_rows(names: Iterable[str]) -> bool:
    return all(name == str(place) for place, name in enumerate(names))


def listed_rows(value: dict[str, Any]) -> tuple[str, list[dict[str, Any]]] | None:
    """The one list of objects in an object, as answers of web services have it beside counts and
    links, with its name; None where there is none, or several.

    >>> listed_rows({"total": 2, "data": [{"a": 1}, {"a": 2}]})
    ('data', [{'a': 1}, {'a': 2}])
    """
    lists = [(name, part) for name, part in value.items() if _are_all(part, dict)]
    return lists[0] if len(lists) == 1 else None


def _of_lists(names: list[str], rows: Any) -> list[dict[str, Any]] | None:
    if not _are_all(rows, list) or {len(row) for row in rows} != {len(names)}:
        return None
    return [dict(zip(names, row, strict=True)) for row in rows]


def _are_all(values: Any, kind: type) -> bool:
    return isinstance(values, list) and bool(values) and all(isinstance(v, kind) for v in values)
