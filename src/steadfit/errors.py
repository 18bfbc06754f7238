"""What is said to people: every error that a person can cause, and words that sentences share."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

_NAMED = 5  # as many rows or names are named in a sentence
_LISTED = 200  # names that are known, which may be the columns of a file
_COMPARED = 100  # letters of a name that is compared, as that takes the product of the lengths


class SteadfitError(ValueError):
    """A person can fix this: the message says what was expected, what was found, and what to do.

    The command line prints the message alone, without a traceback, and exits with status 2.

    settings: those that the message names as Python writes them, such as replace=True. The command
        line names its own options instead (`steadfit.report.voice.Voice.said`).
    """

    def __init__(self, message: str = "", **settings: bool | int | float | str) -> None:
        super().__init__(message)
        self.settings = settings


class DivergedError(SteadfitError):
    """A loss, a gradient or a prediction is not finite."""


class ShapeError(SteadfitError, RuntimeError):
    """A tensor of another shape than a layer takes; a RuntimeError too, as torch raises it."""


class WrongTypeError(SteadfitError, TypeError):
    """A setting of the wrong type; a TypeError too, as torch raises it."""


class OwnCodeError(SteadfitError):
    """A person's own code raised an error, or gave what was not asked for."""


class CodeNeededError(SteadfitError):
    """A saved model is a network of a person's own, and its code was not given."""


class MemoryShortError(SteadfitError):
    """There is too little memory for even the smallest part of the work."""


def unknown(kind: str, word: str, known: Iterable[str]) -> SteadfitError:
    """The error for a name that is not in a registry, with the nearest known name.

    >>> print(unknown("model", "convnett", ["convnet", "mlp"]))
    There is no model "convnett". Did you mean "convnet"? Known: convnet, mlp.
    """
    names = sorted(known)
    near = [name for name in names if word and name.startswith(word)]
    if not near and len(word) <= _COMPARED:
        near = get_close_matches(word, [name for name in names if len(name) <= _COMPARED], n=1)
    hint = f' Did you mean "{near[0]}"?' if near and len(near[0]) <= _COMPARED else ""
    told = [name[:_COMPARED] for name in names[:_LISTED]] + ["…"] * (len(names) > _LISTED)
    return SteadfitError(
        f'There is no {kind} "{word[:_COMPARED]}".{hint} Known: {", ".join(told)}.'
    )


def counted(amount: int, things: str) -> str:
    """So many things, in words.

    >>> counted(1, "images"), counted(1234, "series"), counted(1, "classes")
    ('1 image', '1,234 series', '1 class')
    >>> counted(1, "remedies")
    '1 remedy'
    """
    known = {"series": "series", "classes": "class", "remedies": "remedy"}
    one = known.get(things, things.removesuffix("s"))
    return f"{amount:,} {one if amount == 1 else things}"


def some(names: Sequence[str]) -> str:
    """The first few of these names, for a sentence.

    >>> some(["a", "b", "c", "d", "e", "f"])
    'a, b, c, d, e, …'
    """
    return ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
