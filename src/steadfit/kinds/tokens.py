"""Texts as token numbers: words or characters, every one kept."""

import re
import unicodedata
from array import array
from collections.abc import Iterable, Iterator, Sequence

import torch

from steadfit.errors import SteadfitError, some, unknown
from steadfit.kinds.ragged import Ragged, Unit

_WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")
RULES = {  # for programs that cut texts without this file
    "words": "Tokens are the matches of the regular expression "
    f"{_WORD.pattern} in the text in Unicode's form NFC and lower case.",
    "characters": "Each character of the text is a token.",
}


def tokenize(text: str, unit: Unit) -> list[str]:
    """A text's tokens.

    "characters": as they are. "words": in Unicode's composed form (NFC) and lower case, runs of
    letters and digits with the apostrophes inside them, and every other sign by itself.

    >>> tokenize("Don't stop -- 24 hours!", "words")
    ["don't", 'stop', '-', '-', '24', 'hours', '!']
    """
    return list(_tokens(text, unit))


def _tokens(text: str, unit: Unit) -> Iterator[str]:
    if unit == "characters":
        return iter(text)
    words = _WORD.finditer(unicodedata.normalize("NFC", text).lower())
    return (word.group() for word in words)


def sizes(tokens: Iterable[str], unit: Unit) -> tuple[int | None, int | None]:
    """The characters of the text that these tokens are, and its bytes in UTF-8.

    None of words: what stood between them, and their capitals, cannot be told from them.

    >>> sizes(["a", "é"], "characters")
    (2, 3)
    """
    if unit == "words":
        return None, None
    text = "".join(tokens)
    return len(text), len(text.encode("utf-8", "surrogatepass"))


def number_texts(texts: Sequence[str], ids: Sequence[str], unit: Unit = "words") -> Ragged:
    """Each text as the numbers of its tokens, in the order of their first appearance.

    Nothing is fitted here: every token of every text has a number. Which of them a network knows
    is for its `Preparation` to say. Raises SteadfitError for texts without a token, by their ids.
    """
    if unit not in ("words", "characters"):
        raise unknown("unit of text", unit, ["words", "characters"])
    numbers: dict[str, int] = {}
    flat = array("q")  # eight bytes a token, where a list would take several times that
    lengths = []
    for text in texts:
        before = len(flat)
        flat.extend(numbers.setdefault(token, len(numbers)) for token in _tokens(text, unit))
        lengths.append(len(flat) - before)
    empty = [ids[i] for i, length in enumerate(lengths) if not length]
    if empty:
        raise SteadfitError(
            f"{len(empty)} texts have no {unit}: {some(empty)}. Remove them or fill them in."
        )
    values = (
        torch.frombuffer(flat, dtype=torch.int64) if flat else torch.zeros(0, dtype=torch.int64)
    )
    return Ragged(values, torch.tensor(lengths, dtype=torch.int64), tuple(numbers), unit)
