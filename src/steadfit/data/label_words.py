"""Labels in words: several in one, dates that are none, one in two spellings."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from steadfit.errors import SteadfitError, counted, some
from steadfit.formats.dates import are_undecided, as_dates
from steadfit.formats.known_names import TRUTH
from steadfit.formats.label_lists import LIST, MARKS, labels_of

_MARKS = MARKS[:3]  # that tell several labels by themselves; "/" stands in many a single one
_SHOWN = 20  # labels, at most, that are all named with their counts
_LEAST = 2  # examples of a label, to learn from one and test on another
_SHARED = 0.9  # of the parts of combined labels: those that occur in other labels too
_LIKELY = 0.6  # the same, where it is only said


def check_words(labels: np.ndarray) -> None:
    """Raise SteadfitError for texts that are dates, or several labels with a mark between them.

    Several labels are told by their parts: in "red;round" and "red;long", nearly all parts come in
    other labels too, as they do not in "Portland, Oregon" and "Salem, Oregon".

    >>> check_words(np.array(["Portland, Oregon", "Salem, Oregon", "Boston, Massachusetts"]))
    """
    words = list(dict.fromkeys(map(str, labels.tolist())))
    if _are_dates(words[:1]) and _are_dates(words):
        raise SteadfitError(
            f"y must be classes or numbers, got dates such as {words[0]}. Learn another column, or "
            'give task="classes" for a class each.'
        )
    mark = next((mark for mark in _MARKS if _shared(words, mark) >= _SHARED), None)
    if any("," in word for word in words) and all(map(LIST.fullmatch, words)):
        mark = ","
    if mark is not None:
        joined = [f'"{word}"' for word in words if mark in word]
        raise SteadfitError(
            f"y must be one label for each example, got several in {some(joined)}. Give "
            f'several="{mark}" to learn all of them, or task="classes", which makes each '
            "combination a class.",
            several=mark,
            task="classes",
        )


def _are_dates(words: Sequence[str]) -> bool:
    import pyarrow as pa

    if not words:
        return False
    return as_dates(pa.chunked_array([words], pa.string())) is not None or are_undecided(words)


def _shared(words: Sequence[str], mark: str) -> float:
    """Of the parts of labels that this mark is in, the share that occur in other labels too; 0
    where it is in fewer than two."""
    parts_of = {word: {*labels_of(word, mark)} for word in words}
    joined = [part for word, parts in parts_of.items() if mark in word for part in parts]
    if sum(mark in word for word in words) < 2:
        return 0.0
    count = Counter(part for parts in parts_of.values() for part in parts)
    return sum(count[part] > 1 for part in joined) / len(joined)


def list_notes(classes: Sequence[str]) -> list[str]:
    """That classes may be several labels each, with a mark between them.

    >>> list_notes(["red;round", "red;long", "blue;round"])[0].partition("; ")[2]
    'several=";" makes each part a label.'
    """
    mark = next((mark for mark in _MARKS if _shared(classes, mark) >= _LIKELY), None)
    if mark is None:
        return []
    joined = [f'"{name}"' for name in classes if mark in name]
    return [
        f'Each of {some(joined)} is a class of its own; several="{mark}" makes each part a label.'
    ]


class Marks(NamedTuple):
    """Labels by name, sorted, and which of them each example has: bool, (examples, labels)."""

    names: tuple[str, ...]
    there: np.ndarray


def split_labels(cells: Sequence[str], mark: str) -> Marks:
    """Each cell as the labels in it, with this mark between them; an empty one has none.

    Raises SteadfitError where there is no mark, or no label at all.

    >>> found = split_labels(["red; round", "", "round"], ";")
    >>> found.names, found.there.tolist()
    (('red', 'round'), [[True, True], [False, False], [False, True]])
    >>> split_labels(["red  round", "round"], " ").names
    ('red', 'round')
    >>> split_labels(["['red', 'round']", '["red"]', "[]"], ",").there.tolist()
    [[True, True], [True, False], [False, False]]
    """
    if not mark:
        raise SteadfitError(
            'several must be the mark between the labels of an example, got none. Give it, as ";".'
        )
    parts = [{*labels_of(cell, mark)} for cell in cells]
    names = sorted(set[str]().union(*parts))
    if not names:
        raise SteadfitError("y must have labels, got none in any example. Name another column.")
    place = {name: k for k, name in enumerate(names)}
    there = np.zeros((len(parts), len(names)), bool)
    for row, of_one in zip(there, parts, strict=True):
        row[[place[name] for name in of_one]] = True
    return Marks(tuple(names), there)


def several_notes(found: Marks) -> list[str]:
    """How many labels there are, and which are too rare to be learned and tested."""
    counts, each = found.there.sum(0), found.there.sum(1)
    named = [f"{name} ({count:,})" for name, count in zip(found.names, counts, strict=True)]
    shown = ", ".join(named) if len(named) <= _SHOWN else some(named)
    notes = [
        f"{counted(len(named), 'labels')}, {each.mean():.1f} an example: {shown}. "
        f"{counted(int((each == 0).sum()), 'examples')} without any."
    ]
    rare = [f'"{name}" ({count})' for name, count in zip(found.names, counts, strict=True)
            if count < _LEAST]  # fmt: skip
    if rare:
        notes.append(
            f"{counted(len(rare), 'labels')} of fewer than {_LEAST} examples, which cannot be both "
            f'learned and tested: {some(rare)}; classes="seen" leaves them out.'
        )
    return [*notes, *spelling_notes(found.names, "Labels")]


def spelling_notes(classes: Sequence[str], what: str = "Classes") -> list[str]:
    """That classes are the same but for capitals and blanks; what: they are called.

    >>> spelling_notes(["Cat", "cat ", "dog"])[0].partition(": ")[2]
    '"Cat" and "cat ". If they are one, write them alike.'
    """
    alike, same = defaultdict(list), defaultdict(list)
    for name in classes:
        alike[" ".join(name.split()).casefold()].append(f'"{name}"')
        if name in TRUTH:
            same[TRUTH[name]].append(f'"{name}"')
    pairs = [" and ".join(names) for names in alike.values() if len(names) > 1]
    truths = [" and ".join(names) for names in same.values() if len(names) > 1]
    truths = [pair for pair in truths if pair not in pairs]
    told = {"differ by capitals or blanks alone": pairs, "may say the same": truths}
    return [
        f"{what} that {how}: {some(names)}. If they are one, write them alike."
        for how, names in told.items()
        if names
    ]
