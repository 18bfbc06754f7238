"""The loss of a language model as people compare it."""

import math
from collections.abc import Callable, Mapping
from functools import partial


def bits_each(nats: float, tokens: int, things: int) -> float:
    """A mean loss in nats a token as bits for each of the characters or bytes that they are.

    >>> bits_each(math.log(2) * 3, tokens=10, things=20)
    1.5
    """
    return nats / math.log(2) * tokens / things


def bits(nats: float, of: str = "character") -> str:
    return f"{nats / math.log(2):.3f} bits a {of}"


def perplexity(nats: float) -> str:
    return f"perplexity {math.exp(nats):,.1f}"


_OF_UNIT: Mapping[str, Callable[[float], str]] = {
    "characters": bits,
    "words": perplexity,
    "bytes": partial(bits, of="byte"),
    "subwords": perplexity,
}


def per_token(nats: float, unit: str) -> str:
    """A mean loss in nats a token, in the measure that is usual for tokens of this unit.

    >>> per_token(math.log(2) * 2.15, "characters"), per_token(math.log(80), "words")
    ('2.150 bits a character', 'perplexity 80.0')
    """
    return _OF_UNIT[unit](nats)
