"""The references by name, and those that a data set is compared with."""

from collections.abc import Mapping
from importlib.util import find_spec
from types import MappingProxyType

from steadfit.data import Dataset
from steadfit.errors import some, unknown
from steadfit.references.base import Reference
from steadfit.references.forecasts import Drift, Naive, RidgeOnLags, SeasonalNaive
from steadfit.references.guessing import Frequencies, Mean
from steadfit.references.labels import LabelFrequencies, LabelLogistic, TfidfLabels
from steadfit.references.linear import Logistic, Ridge
from steadfit.references.neighbour import Neighbour
from steadfit.references.ngrams import KneserNey
from steadfit.references.photos import Hog
from steadfit.references.smoothing import AutoEts, HoltWinters, Theta
from steadfit.references.texts import TfidfLogistic, TfidfRidge
from steadfit.references.trees import BoostedTrees, LabelTrees

REFERENCES: Mapping[str, Reference] = MappingProxyType(
    {
        reference.name: reference
        for reference in (
            Frequencies(),
            Mean(),
            Logistic(),
            Ridge(),
            Hog(),
            Neighbour(),
            BoostedTrees(),
            TfidfLogistic(),
            TfidfRidge(),
            LabelFrequencies(),
            LabelLogistic(),
            LabelTrees(),
            TfidfLabels(),
            Naive(),
            SeasonalNaive(),
            Drift(),
            RidgeOnLags(),
            HoltWinters(),
            AutoEts(),
            Theta(),
            KneserNey(),
        )
    }
)


def reference_of(what: str | Reference) -> Reference:
    """A reference by its name, or as it is. Raises SteadfitError for an unknown name."""
    if isinstance(what, Reference):
        return what
    if what not in REFERENCES:
        raise unknown("reference", what, REFERENCES)
    return REFERENCES[what]


def references_for(data: Dataset) -> tuple[Reference, ...]:
    """What a network on these data is compared with; the first has learned least: it guesses.

    The names are the task's (`Task.references`), without those that do not suit the data.

    >>> from steadfit.data import read
    >>> [reference.name for reference in references_for(read("digits", limit=100))]
    ['frequencies', 'logistic regression']
    """
    return tuple(reference for reference in _suiting(data) if not _lacks(reference))


def absent_notes(data: Dataset) -> tuple[str, ...]:
    """A sentence on the references that suit the data and need a package that is not installed."""
    lacking = [reference for reference in _suiting(data) if _lacks(reference)]
    return tuple(
        f"Not compared with {some([one.name for one in lacking if one.needs == package])}: "
        f"{package} is not installed. Install it: pip install {package}."
        for package in dict.fromkeys(one.needs for one in lacking)
    )


def _suiting(data: Dataset) -> list[Reference]:
    named = map(reference_of, data.schema.references)
    return [reference for reference in named if reference.suits(data)]


def _lacks(reference: Reference) -> bool:
    return bool(reference.needs) and find_spec(reference.needs) is None
