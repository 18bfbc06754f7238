"""Files of pretrained word vectors as text: word2vec's, GloVe's and fastText's."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from steadfit.errors import SteadfitError
from steadfit.files import reading
from steadfit.formats.arrays import is_number
from steadfit.regular_files import open_regular

_FREQUENT = 20_000  # words at a file's beginning, the most frequent ones, that are always read
_LONGEST = 2**20  # bytes of a line
_LEAST, _MOST = 2, 10_000  # numbers of a vector


@dataclass(frozen=True, eq=False)
class WordVectors:
    """words: in lower case, each once. values: float32, shape (words, width). frequent: so many of
    the words, the first ones, stand at the file's beginning; the others were asked for."""

    words: tuple[str, ...]
    values: np.ndarray
    frequent: int


def read_vectors(path: Path, wanted: set[str]) -> WordVectors:
    """The vectors of these words, in lower case, and of the most frequent ones.

    A line is a word and its numbers, with spaces between them; a line before the first may say how
    many words and numbers there are. Files that end in .gz are unpacked. A word that is there with
    capitals alone is taken for the one without. The file is read line by line, whatever its size.

    Raises SteadfitError for what is no such file, one that is cut off, and a vector of another
    width than the first.
    """
    found: dict[str, np.ndarray] = {}
    plain: set[str] = set()  # words that are written so in the file
    frequent: set[str] = set()
    with reading(path), open_regular(path) as raw:
        lines = _lines(path, raw)
        promised, width, first = _begin(path, lines)
        count = 0
        for count, line in enumerate(_chain(first, lines), start=1):
            written, numbers = _parts(path, line, width, count + (promised is not None))
            word = written.lower()
            if count <= _FREQUENT:
                frequent.add(word)
            elif word not in wanted:
                continue
            if word not in found or (written == word and word not in plain):
                found[word] = _values(path, numbers, written)
            if written == word:
                plain.add(word)
    if promised is not None and count < promised:
        raise SteadfitError(
            f"{path.name} must have {promised:,} words, as its first line says, got {count:,}: it "
            "is cut off. Get it again."
        )
    order = sorted(found, key=lambda word: word not in frequent)
    values = np.stack([found[word] for word in order])
    return WordVectors(tuple(order), values, len(frequent))


def _lines(path: Path, raw: IO[bytes]) -> Iterator[bytes]:
    packed = path.suffix.lower() == ".gz"
    try:
        file = gzip.open(raw) if packed else raw  # noqa: SIM115  (the caller closes what is below)
        while line := file.readline(_LONGEST):
            if line.strip():
                yield line.rstrip()
    except (OSError, EOFError) as error:
        raise SteadfitError(f"{path.name} cannot be unpacked ({error}). Get it again.") from None


def _chain(first: bytes | None, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first is not None:
        yield first
    yield from rest


def _begin(path: Path, lines: Iterator[bytes]) -> tuple[int | None, int, bytes | None]:
    """How many words are promised, if so; the width; and the first line if it is a word's."""
    line = next(lines, b"")
    parts = line.split(b" ")
    if len(parts) == 2 and all(part.isdigit() for part in parts):
        words, width = map(int, parts)
        if _LEAST <= width <= _MOST:
            return words, width, None
    width = len(parts) - 1
    if _LEAST <= width <= _MOST and parts[0] and all(map(is_number, parts[1:])):
        return None, width, line
    raise SteadfitError(
        f"{path.name} is no file of word vectors as text: a line must be a word and its numbers, "
        f'got "{line[:40].decode(errors="replace")}". Give a text file of word2vec (saved with '
        "binary=False), GloVe or fastText (.vec)."
    )


def _parts(path: Path, line: bytes, width: int, number: int) -> tuple[str, list[bytes]]:
    """The word and its numbers; a word may have spaces in it."""
    word, *numbers = line.rsplit(b" ", width)
    if len(numbers) != width or not is_number(numbers[0]):
        got = len(line.split(b" ")) - 1
        raise SteadfitError(
            f"{path.name} line {number}: each word must have {width} numbers, as the first, got "
            f'{got} after "{word[:30].decode(errors="replace")}". It may be cut off: get it again.'
        )
    return word.decode(errors="replace"), numbers


def _values(path: Path, numbers: list[bytes], word: str) -> np.ndarray:
    try:
        values = np.array(numbers, dtype=bytes).astype(np.float32)
    except ValueError:
        values = np.array([np.nan])
    if not np.isfinite(values).all():
        raise SteadfitError(
            f'{path.name}: the vector of "{word[:30]}" must be finite numbers, got something else. '
            "Get the file again."
        )
    return values
