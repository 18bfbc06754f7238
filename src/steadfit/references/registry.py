"""The references by name, and those that a data set is compared with."""

from collections.abc import Mapping
from types import MappingProxyType

from steadfit.data import Dataset
from steadfit.errors import unknown
from steadfit.references.base import Reference
from steadfit.references.forecasts import Drift, Naive, RidgeOnLags, SeasonalNaive
from steadfit.references.guessing import Frequencies, Mean
from steadfit.references.labels import LabelFrequencies, LabelLogistic, TfidfLabels
from steadfit.references.linear import Logistic, Ridge
from steadfit.references.neighbour import Neighbour
from steadfit.references.ngrams import KneserNey
from steadfit.references.photos import Hog
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
    named = map(reference_of, data.schema.references)
    return tuple(reference for reference in named if reference.suits(data))
