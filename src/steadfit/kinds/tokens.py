"""Texts as token numbers: words or characters, every one kept."""

import re
import unicodedata
from collections.abc import Sequence

import torch

from steadfit.errors import SteadfitError, some, unknown
from steadfit.kinds.ragged import Ragged, Unit

_WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")


def tokenize(text: str, unit: Unit) -> list[str]:
    """A text's tokens.

    "characters": as they are. "words": in Unicode's composed form (NFC) and lower case, runs of
    letters and digits with the apostrophes inside them, and every other sign by itself.

    >>> tokenize("Don't stop -- 24 hours!", "words")
    ["don't", 'stop', '-', '-', '24', 'hours', '!']
    """
    if unit == "characters":
        return list(text)
    return _WORD.findall(unicodedata.normalize("NFC", text).lower())


def number_texts(texts: Sequence[str], ids: Sequence[str], unit: Unit = "words") -> Ragged:
    """Each text as the numbers of its tokens, in the order of their first appearance.

    Nothing is fitted here: every token of every text has a number. Which of them a network knows
    is for its `Preparation` to say. Raises SteadfitError for texts without a token, by their ids.
    """
    if unit not in ("words", "characters"):
        raise unknown("unit of text", unit, ["words", "characters"])
    numbers: dict[str, int] = {}
    rows = [
        [numbers.setdefault(token, len(numbers)) for token in tokenize(text, unit)]
        for text in texts
    ]
    empty = [ids[i] for i, row in enumerate(rows) if not row]
    if empty:
        raise SteadfitError(
            f"{len(empty)} texts have no {unit}: {some(empty)}. Remove them or fill them in."
        )
    flat = torch.tensor([number for row in rows for number in row], dtype=torch.int64)
    return Ragged(flat, torch.tensor([len(row) for row in rows]), tuple(numbers), unit)
