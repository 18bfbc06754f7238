"""The loss of a language model as people compare it."""

import math
from collections.abc import Callable, Mapping


def bits(nats: float) -> str:
    return f"{nats / math.log(2):.3f} bits a character"


def perplexity(nats: float) -> str:
    return f"perplexity {math.exp(nats):,.1f}"


_OF_UNIT: Mapping[str, Callable[[float], str]] = {"characters": bits, "words": perplexity}


def per_token(nats: float, unit: str) -> str:
    """A mean loss in nats a token, in the measure that is usual for tokens of this unit.

    >>> per_token(math.log(2) * 2.15, "characters"), per_token(math.log(80), "words")
    ('2.150 bits a character', 'perplexity 80.0')
    """
    return _OF_UNIT[unit](nats)
