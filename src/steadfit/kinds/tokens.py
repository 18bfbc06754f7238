"""Texts as token numbers: words or characters, every one kept."""

import re
import unicodedata
from array import array
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, groupby

import torch

from steadfit.errors import SteadfitError, counted, some, unknown
from steadfit.kinds.ragged import Ragged, Unit

_CUT = ("words", "characters", "bytes")
# A word: letters and digits with their marks and joiners; in it, apostrophes, and points and commas
# between digits; after it, ++ or #, as in C++. A sign: a flag of two letters, or any other sign
# with its variations, shades and tags, several joined where they make one emoji.
_WORD = (
    r"\w[\w\p{M}\u200c\u200d]*"
    r"(?:(?:['’]|(?<=\d)[.,](?=\d))[\w\p{M}\u200c\u200d]+)*"
    r"(?:(?:\+\+|#)(?![\w+#]))?"
    r"|[\U0001f1e6-\U0001f1ff]{2}"
    r"|[^\w\s\u200b](?:[\p{M}\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]|\u200d[^\w\s])*"
)
RULES = {  # for programs that cut texts without this file
    "words": "Tokens are the matches of the regular expression "
    f"{_WORD} in the text in Unicode's form NFC and lower case; \\p{{M}} is any mark that "
    "combines with the letter before it.",
    "characters": "Each character of the text is a token.",
    "bytes": "Each byte of the text in UTF-8 is a token, a character of Latin-1.",
    "subwords": "Tokens are those of tokenizer, JSON of the package tokenizers; their bytes are "
    "written as characters of Latin-1.",
}
_LAST_MARK = 0xE01F0  # no character from here on is a mark
_SPACELESS = re.compile(  # Thai, Lao, Burmese, Khmer, kana, and Chinese characters
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]"
)
_LOOKED_AT = 2_000  # texts, at most, that tell the script


def tokenize(text: str, unit: Unit) -> list[str]:
    """A text's tokens.

    "characters": as they are. "words": in Unicode's composed form (NFC) and lower case. A word is a
    run of letters and digits with the marks that combine with them, the apostrophes inside it, and
    the points and commas between its digits; ++ or # may end it. Every other sign is by itself, an
    emoji of several characters being one. "bytes": those of UTF-8, each as the character of Latin-1
    with its number.

    >>> tokenize("Don't stop -- 24 hours of C++ at 3.14!", "words")
    ["don't", 'stop', '-', '-', '24', 'hours', 'of', 'c++', 'at', '3.14', '!']
    """
    return list(_tokens(text, unit))


def _tokens(text: str, unit: Unit) -> Iterator[str]:
    if unit == "characters":
        return iter(text)
    if unit == "bytes":
        return iter(text.encode("utf-8", "surrogatepass").decode("latin-1"))
    words = _pattern().finditer(unicodedata.normalize("NFC", text).lower())
    return (word.group() for word in words)


@cache
def _pattern() -> re.Pattern[str]:
    """`_WORD` with the marks as ranges, as Python's `re` knows no categories."""
    planes = (*range(0x20000), *range(0xE0100, _LAST_MARK))
    marks = (code for code in planes if unicodedata.category(chr(code))[0] == "M")
    runs = (list(run) for _, run in groupby(enumerate(marks), lambda pair: pair[1] - pair[0]))
    ranges = "".join(f"{chr(run[0][1])}-{chr(run[-1][1])}" for run in runs)
    return re.compile(_WORD.replace(r"\p{M}", ranges))


def unit_of(texts: Sequence[str]) -> Unit:
    """What suits the script of these texts: characters where most letters are of one that puts no
    spaces between words, such as Chinese, Japanese and Thai; else words.

    >>> unit_of(["很好看的电影", "不好看 movie"]), unit_of(["a good film", "电影"])
    ('characters', 'words')
    """
    looked_at = "".join(texts[:: max(1, len(texts) // _LOOKED_AT)])
    letters = sum(map(str.isalpha, looked_at))
    return "characters" if 2 * len(_SPACELESS.findall(looked_at)) > letters else "words"


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


def number_texts(
    texts: Sequence[str],
    ids: Sequence[str],
    unit: Unit = "words",
    beside: Sequence[Sequence[str]] = (),
) -> Ragged:
    """Each text as the numbers of its tokens, in the order of their first appearance.

    Nothing is fitted here: every token of every text has a number, and every byte. Which of them a
    network knows is for its `Preparation` to say. beside: tokens that stand before those of each
    text. Raises SteadfitError for texts without a token of their own, by their ids.
    """
    found = numbered(texts, unit, beside)
    empty = [ids[i] for i in blank(found, beside)]
    if empty:
        raise SteadfitError(
            f"{counted(len(empty), 'texts')} {'has' if len(empty) == 1 else 'have'} no {unit}: "
            f'{some(empty)}. Fill them in, or give missing="drop" to leave them out.',
            missing="drop",
        )
    return found


def blank(x: Ragged, beside: Sequence[Sequence[str]] = ()) -> list[int]:
    """The positions of the texts that have no tokens but those that stand `beside` them."""
    own = x.lengths - torch.tensor([len(words) for words in beside] or [0])
    return (own == 0).nonzero().flatten().tolist()


def numbered(texts: Sequence[str], unit: Unit, beside: Sequence[Sequence[str]] = ()) -> Ragged:
    """As `number_texts`, of texts that may be without a token."""
    if unit not in _CUT:
        raise unknown("unit of text", unit, _CUT)
    numbers = {chr(byte): byte for byte in range(256)} if unit == "bytes" else {}
    flat = array("q")  # eight bytes a token, where a list would take several times that
    lengths = []
    for text, words in zip(texts, beside or [()] * len(texts), strict=True):
        before = len(flat)
        tokens = chain(words, _tokens(text, unit) if text.strip() else ())
        flat.extend(numbers.setdefault(token, len(numbers)) for token in tokens)
        lengths.append(len(flat) - before)
    values = (
        torch.frombuffer(flat, dtype=torch.int64) if flat else torch.zeros(0, dtype=torch.int64)
    )
    return Ragged(values, torch.tensor(lengths, dtype=torch.int64), tuple(numbers), unit)
