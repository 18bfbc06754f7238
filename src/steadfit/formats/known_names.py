"""Names that are known in another spelling: other capitals or blanks, another number or truth."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

TRUTH = {
    **dict.fromkeys(("True", "TRUE", "true", "1", "1.0", "yes", "Yes", "YES"), True),
    **dict.fromkeys(("False", "FALSE", "false", "0", "0.0", "no", "No", "NO"), False),
}


def known_as(names: Iterable[str], known: Sequence[str]) -> Mapping[str, str]:
    """Of the names that are not known, those that one known name alone is another spelling of.

    >>> known_as(["TRUE", "red", "2.0", "1567"], ["True", "False", "2", "01567"])
    {'TRUE': 'True', '2.0': '2', '1567': '01567'}
    >>> known_as(["1"], ["True", "False"])
    {'1': 'True'}
    >>> known_as(["CAT"], ["cat", "Cat"])
    {}
    """
    there, found = {*known}, {}
    unknown = [name for name in dict.fromkeys(names) if name not in there]
    for spelling in (_spelling, _number, TRUTH.get):
        alike = _by(spelling, known)
        for name in unknown:
            same = alike.get(spelling(name), [])
            if len(same) == 1 and spelling(name) is not None:
                found.setdefault(name, same[0])
    return found


def _by(spelling: Callable[[str], object], names: Sequence[str]) -> Mapping[object, list[str]]:
    alike = defaultdict(list)
    for name in names:
        alike[spelling(name)].append(name)
    return alike


def _spelling(name: str) -> str:
    return " ".join(name.replace("_", " ").split()).casefold()


def _number(name: str) -> float | None:
    try:
        return float(name) if name.isascii() and "_" not in name else None
    except ValueError:
        return None
