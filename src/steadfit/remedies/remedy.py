"""`Remedy`: a change of the recipe with its strength; and what an arm of several of them is.

**One grammar** wherever remedies are named. A remedy is a name ("dropout", "dropout=0.3"), a
function from recipe to recipe, or a `Remedy`. "dropout+l2" joins two in one arm, and so does a list
of any of these: ["dropout", my_remedy].
"""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from steadfit import errors
from steadfit.errors import SteadfitError
from steadfit.installed import installed, installed_names
from steadfit.models import complete
from steadfit.recipe import Recipe, Scalar
from steadfit.remedies.library import REMEDIES, RemedyFunction, jitter

_JOINT = re.compile(r"\+(?![0-9.])")  # between two remedies, not within 1e+3
_NAME = re.compile(r"[^\s+=]+")
_OF_KIND: Mapping[RemedyFunction, tuple[str, str]] = {jitter: ("series", "noise")}
_NOT_TOGETHER = {  # remedies that change different settings to the same end
    frozenset({"early_stopping", "average"}): "both choose the weights that are kept, the best "
    "epoch's or a mean of the last",
    frozenset({"class_weight", "balanced_sampling"}): "both make rare classes count more",
}


@dataclass(frozen=True)
class Remedy:
    """A change of the recipe, and its strength; None for one that has none.

    change: from a recipe, and the strength if there is one, to a recipe.

    >>> str(Remedy.of("dropout=0.30")), str(Remedy.of("residual"))
    ('dropout=0.3', 'residual')
    """

    name: str
    change: RemedyFunction
    strength: Scalar | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise SteadfitError(
                f'A remedy\'s name must have no blank, "+" or "=", got "{self.name}". Rename it.'
            )

    def __str__(self) -> str:
        return self.name if self.strength is None else f"{self.name}={_digits(self.strength)}"

    def __call__(self, recipe: Recipe) -> Recipe:
        """The recipe with this remedy."""
        if self.strength is None:
            return self.change(recipe)
        return self.change(recipe, self.strength)

    @classmethod
    def of(cls, what: "str | Remedy | RemedyFunction") -> "Remedy":
        """A single remedy from its name, with or without a strength, or from a function.

        A name that is not of `REMEDIES` is looked for among the entry points `steadfit.remedies`.

        Raises SteadfitError for an unknown name, and a strength that is no number or not taken.

        >>> def calmer(recipe: Recipe, rate: float = 1e-3) -> Recipe:
        ...     return recipe.training_with(optimizer={"learning_rate": rate})
        >>> str(Remedy.of(calmer))
        'calmer=0.001'
        """
        if isinstance(what, Remedy):
            return what
        if not isinstance(what, str):
            if not callable(what):
                raise SteadfitError(
                    "A remedy must be a name, a Remedy or a function from recipe to recipe, got "
                    f"{type(what).__name__}."
                )
            return cls(getattr(what, "__name__", type(what).__name__), what, _default(what))
        name, _, value = what.strip().partition("=")
        change = REMEDIES.get(name) or installed("remedies", name)
        if change is None:
            raise errors.unknown("remedy", name, [*REMEDIES, *installed_names("remedies")])
        return cls(name, change, _strength(name, change, value))


ArmLike = str | Remedy | RemedyFunction | Sequence[str | Remedy | RemedyFunction]


def joined(arm: ArmLike) -> tuple[Remedy, ...]:
    """The remedies of one arm: those that a text joins with "+", or that a list holds.

    Raises SteadfitError as `Remedy.of`, and for a remedy named twice.

    >>> [str(remedy) for remedy in joined("dropout=0.3 + l2")]
    ['dropout=0.3', 'l2=0.001']
    >>> joined(["dropout=0.3", "l2"]) == joined("dropout=0.3+l2")
    True
    """
    listed = [arm] if isinstance(arm, str | Remedy) or callable(arm) else list(arm)
    found = [Remedy.of(part) for one in listed for part in _parts(one)]
    names = [remedy.name for remedy in found]
    for name in names:
        if names.count(name) > 1:
            raise SteadfitError(f'"{name_of(found)}" names the remedy {name} twice. Name it once.')
    return tuple(found)


def check_kind(remedies: Sequence[Remedy], kind: str) -> None:
    """Raise SteadfitError for a remedy of another kind of examples, where its settings fit this one
    too. kind: by its name, as "images"."""
    for remedy in remedies:
        meant, instead = _OF_KIND.get(remedy.change, (kind, ""))
        if meant != kind:
            raise SteadfitError(
                f"{remedy.name} is for {meant}, and these examples are {kind}. Name {instead}."
            )


def name_of(remedies: Sequence[Remedy]) -> str:
    """The name of an arm with these remedies."""
    return "+".join(map(str, remedies))


def apply(remedies: Sequence[Remedy], recipe: Recipe) -> Recipe:
    """The recipe with these remedies, its model's settings complete.

    Raises SteadfitError for a strength out of range, a remedy that the model has no setting for,
    and two remedies that set the same (`conflict`).

    >>> recipe = apply(joined("l2 + dropout=0.3"), Recipe())
    >>> recipe.training.penalties.l2, recipe.model.settings["dropout"]
    (0.001, 0.3)
    """
    for place, remedy in enumerate(remedies):
        for other in remedies[:place]:
            if (why := conflict(other, remedy, recipe)) is not None:
                raise SteadfitError(f'"{other}" and "{remedy}" {why}. Join only one of them.')
    changed = recipe
    for remedy in remedies:
        changed = remedy(changed)
    return _complete(changed, name_of(remedies))


def conflict(one: Remedy, other: Remedy, recipe: Recipe) -> str | None:
    """What two remedies of a recipe both set, in words; None where they can be joined."""
    if why := _NOT_TOGETHER.get(frozenset({one.name, other.name})):
        return why
    both = settings_of(one, recipe) & settings_of(other, recipe)
    return f"both set {', '.join(sorted(both))}" if both else None


def settings_of(remedy: Remedy, recipe: Recipe) -> set[str]:
    """The settings that a remedy changes."""
    base = dict(_flat(_complete(recipe, "the baseline").model_dump(mode="json")))
    changed = dict(_flat(_complete(remedy(recipe), str(remedy)).model_dump(mode="json")))
    names = base.keys() | changed.keys()
    return {name for name in names if base.get(name) != changed.get(name)}


def _flat(settings: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, object]]:
    """Nested settings by dotted names."""
    for name, value in settings.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield above + name, value


def _parts(one: str | Remedy | RemedyFunction) -> Sequence[str | Remedy | RemedyFunction]:
    return _JOINT.split(one) if isinstance(one, str) else [one]


def _default(change: Callable[..., Recipe]) -> Scalar | None:
    """The default of a remedy's strength; None where it takes none."""
    parameters = list(inspect.signature(change).parameters.values())[1:]
    return parameters[0].default if parameters else None


def _strength(name: str, change: RemedyFunction, value: str) -> Scalar | None:
    default = _default(change)
    if default is None:
        if value:
            raise SteadfitError(f'The remedy {name} takes no strength, got "={value}".')
        return None
    if not value:
        return default
    try:
        return type(default)(value)
    except ValueError:
        wanted = {int: "a whole number", float: "a number"}.get(type(default), "another value")
        parameter = list(inspect.signature(change).parameters)[1]
        raise SteadfitError(
            f"The remedy {name} takes {wanted} ({parameter}, by default {_digits(default)}), got "
            f'"{value}".'
        ) from None


def _complete(recipe: Recipe, name: str) -> Recipe:
    try:
        return recipe.but(model=complete(recipe.model))
    except SteadfitError as error:
        if not name:
            raise
        raise SteadfitError(f'"{name}" does not fit {recipe.model.name}: {error}') from None


def _digits(value: Scalar) -> str:
    """All its digits and no more, and no plus, which joins remedies: a name can be typed again."""
    if not isinstance(value, float) or abs(value) >= 1e16:
        return str(value).replace("+", "")
    return np.format_float_positional(value, trim="-")
