"""Labels in words that are not what they seem: several in one, dates, one in two spellings."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from steadfit.errors import SteadfitError, some

_MARKS = (";", "|", ",")  # between labels of one example
_SHARED = 0.9  # of the parts of combined labels: those that occur in other labels too
_DATE = re.compile(
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|\d{1,2}/\d{1,2}/\d{2})([ T].*)?"
)


def check_words(labels: np.ndarray) -> None:
    """Raise SteadfitError for texts that are dates, or several labels with a mark between them.

    Several labels are told by their parts: in "red;round" and "red;long", nearly all parts come in
    other labels too, as they do not in "Portland, Oregon" and "Salem, Oregon".

    >>> check_words(np.array(["Portland, Oregon", "Salem, Oregon", "Boston, Massachusetts"]))
    """
    words = list(dict.fromkeys(map(str, labels.tolist())))
    if words and all(map(_DATE.fullmatch, words)):
        raise SteadfitError(
            f"y must be classes or numbers, got dates such as {words[0]}. Learn another column, or "
            'give task="classes" for a class each.'
        )
    mark = next((mark for mark in _MARKS if _joins(words, mark)), None)
    if mark is not None:
        joined = [f'"{word}"' for word in words if mark in word]
        raise SteadfitError(
            f"y must be one label for each example, got several in {some(joined)}. Learn one at a "
            'time, from a column that says yes or no; or give task="classes", which makes each '
            "combination a class."
        )


def _joins(words: Sequence[str], mark: str) -> bool:
    joined = [{part.strip() for part in word.split(mark)} for word in words if mark in word]
    if len(joined) < 2:
        return False
    count = Counter(part for word in words for part in {each.strip() for each in word.split(mark)})
    parts = [part for word in joined for part in word]
    return sum(count[part] > 1 for part in parts) >= _SHARED * len(parts)


def spelling_notes(classes: Sequence[str]) -> list[str]:
    """That classes are the same but for capitals and blanks.

    >>> spelling_notes(["Cat", "cat ", "dog"])[0].partition(": ")[2]
    '"Cat" and "cat ". If they are one, write them alike.'
    """
    alike = defaultdict(list)
    for name in classes:
        alike[" ".join(name.split()).casefold()].append(f'"{name}"')
    pairs = [" and ".join(names) for names in alike.values() if len(names) > 1]
    if not pairs:
        return []
    return [
        f"Classes that differ by capitals or blanks alone: {some(pairs)}. If they are one, write "
        "them alike."
    ]
