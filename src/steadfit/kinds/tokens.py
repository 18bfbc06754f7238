"""Texts as token numbers: words or characters, every one kept."""

import re
import unicodedata
from array import array
from collections.abc import Iterator, Mapping, Sequence

import torch

from steadfit.errors import SteadfitError, some, unknown
from steadfit.kinds.ragged import Ragged, Unit

_CUT = ("words", "characters", "bytes")
_WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")
RULES = {  # for programs that cut texts without this file
    "words": "Tokens are the matches of the regular expression "
    f"{_WORD.pattern} in the text in Unicode's form NFC and lower case.",
    "characters": "Each character of the text is a token.",
    "bytes": "Each byte of the text in UTF-8 is a token, a character of Latin-1.",
    "subwords": "Tokens are those of tokenizer, JSON of the package tokenizers; their bytes are "
    "written as characters of Latin-1.",
}


def tokenize(text: str, unit: Unit) -> list[str]:
    """A text's tokens.

    "characters": as they are. "words": in Unicode's composed form (NFC) and lower case, runs of
    letters and digits with the apostrophes inside them, and every other sign by itself. "bytes":
    those of UTF-8, each as the character of Latin-1 with its number.

    >>> tokenize("Don't stop -- 24 hours!", "words")
    ["don't", 'stop', '-', '-', '24', 'hours', '!']
    """
    return list(_tokens(text, unit))


def _tokens(text: str, unit: Unit) -> Iterator[str]:
    if unit == "characters":
        return iter(text)
    if unit == "bytes":
        return iter(text.encode("utf-8", "surrogatepass").decode("latin-1"))
    words = _WORD.finditer(unicodedata.normalize("NFC", text).lower())
    return (word.group() for word in words)


def sizes(counts: Mapping[str, int], unit: Unit) -> tuple[int | None, int | None]:
    """The characters and the bytes in UTF-8 of a text, by how often it has each token.

    A character counts where it begins. None of words: what stood between them cannot be told.

    >>> sizes({"é": 3}, "characters"), sizes({"\xc3": 3, "\xa9": 2}, "bytes")
    ((3, 6), (3, 5))
    """
    if unit == "words":
        return None, None
    each = [(count, *_size(token, unit)) for token, count in counts.items()]
    return sum(n * size for n, size, _ in each), sum(n * size for n, _, size in each)


def _size(token: str, unit: Unit) -> tuple[int, int]:
    if unit == "characters":
        return 1, len(token.encode("utf-8", "surrogatepass"))
    return sum(not "\x80" <= byte < "\xc0" for byte in token), len(token)


def number_texts(texts: Sequence[str], ids: Sequence[str], unit: Unit = "words") -> Ragged:
    """Each text as the numbers of its tokens, in the order of their first appearance.

    Nothing is fitted here: every token of every text has a number, and every byte. Which of them a
    network knows is for its `Preparation` to say. Raises SteadfitError for texts without a token,
    by their ids.
    """
    if unit not in _CUT:
        raise unknown("unit of text", unit, _CUT)
    numbers = {chr(byte): byte for byte in range(256)} if unit == "bytes" else {}
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
