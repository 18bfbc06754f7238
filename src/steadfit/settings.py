"""What settings are made of: frozen, checked, and wrong ones told in sentences."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Annotated, Any, Self, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, ValidationError
from pydantic_core import PydanticCustomError

from steadfit.errors import SteadfitError
from steadfit.own_code import OwnCode

STRICT = ConfigDict(extra="forbid")  # of what a file may hold one of: none passes for another
_SHORT = {  # what others call a setting
    "lr": "optimizer.learning_rate",
    "epoch": "epochs",
    "batch_size": "batch",
    "bs": "batch",
    "optimiser": "optimizer",
    "clipping": "clip",
    "grad_clip": "clip",
    "patience": "early_stopping.patience",
    "amp": "precision",
}


class _UnknownSourceError(Exception):
    """A function that does not tell its versions apart, and has none."""


class Settings(BaseModel):
    """Frozen settings; an unknown name is an error, and so is a value out of range."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def of(cls, **values: Any) -> Self:
        """These settings. Raises SteadfitError for unknown names, values of a wrong type or range.

        >>> class Penalty(Settings):
        ...     l2: float = 0.0
        >>> Penalty.of(l2=0.1)
        Penalty(l2=0.1)
        """
        try:
            return cls.model_validate(values)
        except _UnknownSourceError as error:
            raise SteadfitError(str(error)) from None
        except ValidationError as error:
            raise SteadfitError(in_sentences(cls, error)) from None

    def but(self, **changes: Any) -> Self:
        """The same settings with some changed, checked again. Raises as `of`."""
        return self.of(**{**dict(self), **changes})


def _code(value: Any) -> Any:
    """A function with its identity; what a file says of one stays as it is."""
    said = isinstance(value, dict) and set(value) == {"name", "source"}
    if value is None or isinstance(value, OwnCode) or said:
        return value
    if not callable(value):
        raise PydanticCustomError("own_function", "Input should be a function")
    try:
        return OwnCode.of(value)
    except SteadfitError as error:  # pydantic would change its words
        raise _UnknownSourceError(str(error)) from None


def _shown(code: Any) -> Any:
    return {"name": code.name, "source": code.digest} if isinstance(code, OwnCode) else code


OwnFunction = Annotated[Any, BeforeValidator(_code), PlainSerializer(_shown)]


def in_sentences(cls: type[BaseModel], error: ValidationError) -> str:
    """Pydantic's findings as sentences: which setting, what it must be, what was given."""
    parts = {}
    for found in error.errors():
        place = found["loc"]
        if found["type"] == "extra_forbidden":
            parts[place] = _no_such(cls, place)
            continue
        wanted = re.sub("^(input|value) should", "must", found["msg"].lower())
        if found["type"] == "json_invalid":
            wanted = "must be JSON"
        if "settings" in place[:-2]:  # one error for each type that a setting may have
            place, wanted = place[:-1], "must be true, false, a number or a text"
        name = ".".join(map(str, place)) or "recipe"
        parts[place] = f"{name} {wanted}, got {repr(found.get('input'))[:100]}."
    return " ".join(parts.values())


def _no_such(cls: type[BaseModel], place: tuple[int | str, ...]) -> str:
    """That there is no such setting, and which one may be meant."""
    *outer, name = map(str, place)
    known = {path.removeprefix(".".join([*outer, ""])): path for path in _paths(cls)}
    inside = [path for path in known if known[path].startswith(".".join([*outer, ""]))]
    last = {path.rpartition(".")[2]: path for path in reversed(inside)}
    near = _SHORT.get(name) or last.get(name)
    near = near if near in inside else None
    for word in get_close_matches(name, [*inside, *last], n=1) if near is None else []:
        near = last.get(word, word)
    hint = f' Did you mean "{near}"?' if near else ""
    where = f" in {'.'.join(outer)}" if outer else ""
    return f'There is no setting "{name[:100]}"{where}.{hint} Known: {", ".join(inside)}.'


def _paths(cls: type[BaseModel]) -> Iterator[str]:
    """Every setting by its path, as "optimizer.learning_rate"."""
    for name, field in cls.model_fields.items():
        inner = [kind for kind in (field.annotation, *get_args(field.annotation))
                 if isinstance(kind, type) and issubclass(kind, Settings)]  # fmt: skip
        if inner:
            yield from (f"{name}.{path}" for path in _paths(inner[0]))
        else:
            yield name
