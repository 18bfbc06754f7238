"""Texts as subwords: byte-level BPE (Sennrich, Haddow and Birch 2016; Radford et al. 2019).

The work is done by the package `tokenizers`. A tokenizer is kept as that package's own JSON, so
that it is of use elsewhere too; of a JSON that is read, the merges alone are believed. Tokens are
written as in texts of bytes: a character of Latin-1 for each byte.
"""

import json
import re
from array import array
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch

from steadfit.errors import SteadfitError
from steadfit.kinds.ragged import Ragged

if TYPE_CHECKING:
    from tokenizers import Tokenizer

LEAST = 257  # tokens: all bytes, and one merge
_PIECE = re.compile(r".{65536}.*?\S(?=\n)|.+", re.DOTALL)  # cut where no token goes across


def learn_subwords(text: str, count: int) -> str:
    """A tokenizer of `count` tokens, or fewer where the text has no more to merge, as JSON.

    Raises SteadfitError for fewer tokens than all bytes and a merge, and without the package.
    """
    if count < LEAST:
        raise SteadfitError(
            f"vocabulary must be {LEAST} or more, all bytes and a merge, got {count}. Take bytes "
            "as the unit for none."
        )
    from tokenizers import pre_tokenizers, trainers

    made = _empty()
    trainer = trainers.BpeTrainer(
        vocab_size=count,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=[],
        show_progress=False,
    )
    made.train_from_iterator(_pieces(text), trainer)
    return made.to_str()


def subwords(text: str, tokenizer: str) -> Ragged:
    """A text as numbers of its subwords, beside all that there are.

    tokenizer: what `learn_subwords` gave. Raises SteadfitError where it is anything else, and
    without the package.
    """
    merges = _merges(tokenizer)
    both = (first + second for first, second in merges)
    tokens = tuple(dict.fromkeys((*_SIGNS, *both)))  # two merges may make one token
    number = {token: place for place, token in enumerate(tokens)}
    try:
        made = _empty(vocab=number, merges=merges)
    except Exception as error:  # the package raises this class itself
        raise _damaged(str(error)) from None
    flat = array("q")
    for piece in _pieces(text):
        flat.extend(made.encode(piece).ids)
    values = torch.frombuffer(flat, dtype=torch.int64) if flat else torch.zeros(0).long()
    names = tuple("".join(_OF_SIGN[sign] for sign in token) for token in tokens)
    return Ragged(values, torch.tensor([len(flat)]), names, "subwords")


def _empty(**model: Any) -> "Tokenizer":
    """A tokenizer that cuts as GPT-2's does and has these merges."""
    try:
        from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    except ImportError:
        raise SteadfitError(
            "Subwords need the package tokenizers. Install it: pip install 'steadfit[tokenizers]'."
        ) from None
    made = Tokenizer(models.BPE(**model))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    return made


def _pieces(text: str) -> Iterator[str]:
    """The text in parts: of one long text the package would take 200 bytes a character."""
    return (piece.group() for piece in _PIECE.finditer(text))


def _merges(tokenizer: str) -> list[tuple[str, str]]:
    """The pairs that a tokenizer's JSON merges, in order."""
    try:
        pairs = json.loads(tokenizer)["model"]["merges"]
        merges = [(str(first), str(second)) for first, second in pairs]
    except (ValueError, LookupError, TypeError) as error:
        raise _damaged(str(error) or type(error).__name__) from None
    if not set("".join(first + second for first, second in merges)) <= _OF_SIGN.keys():
        raise _damaged("a merge has signs that stand for no byte")
    return merges


def _damaged(reason: str) -> SteadfitError:
    return SteadfitError(f"The tokenizer is damaged ({reason[:200]}). Train the model again.")


def _signs() -> Iterator[tuple[str, str]]:
    """The sign that byte-level BPE writes for each byte, and the byte as a character of Latin-1.

    Those that can be seen stand for themselves, the others for characters from 256 on (Radford et
    al. 2019, `bytes_to_unicode`).
    """
    seen = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in seen]
    yield from ((chr(byte), chr(byte)) for byte in seen)
    yield from ((chr(256 + place), chr(byte)) for place, byte in enumerate(hidden))


_OF_SIGN = dict(_signs())
_SIGNS = tuple(sorted(_OF_SIGN))
