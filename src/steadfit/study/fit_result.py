"""What a fit leaves, as plain frozen values: the content of `fit.json`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from steadfit.analysis.confusion import Confusion
from steadfit.analysis.label_scores import LabelScores
from steadfit.analysis.result import ScaledErrors, TokenLosses
from steadfit.analysis.terms import Loss
from steadfit.files import reading
from steadfit.study.result import DataFacts, RemedyFacts, read_checked

SCHEMA = 1  # of fit.json: raise it when a field changes its meaning or goes
NAME = "fit.json"


@dataclass(frozen=True)
class ReferenceFacts:
    """What a reference, a simple rival, gives on the same test points.

    loss: None where it was left out, for the reason `left_out`. error: None for numbers. measures:
    what people read beside the loss, by name: of numbers "mae", of forecasts "mase" too.
    """

    name: str
    loss: float | None
    error: float | None
    left_out: str = ""
    measures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class FitResult:
    """One training and its test. Numbers and enums only, as `StudyResult`.

    remedies: of the recipe. settings: the recipe with them. parameters: numbers that training
    changes. measured: which loss `loss` is, a mean over the test points; of a text, over all the
    tokens held out. error: the share of wrong ones, of several labels
    that of the labels; None for numbers. facts: from inside the
    training. curves: each epoch's losses, as train_loss. references: the first guesses. confusion:
    of classes, which are found and which are taken for which. label_scores: of several labels.
    measures: as those of a reference.
    """

    schema: int
    seed: int
    data: DataFacts
    remedies: tuple[RemedyFacts, ...]
    settings: dict[str, Any]
    parameters: int
    measured: Loss
    loss: float
    error: float | None
    facts: Mapping[str, float]
    curves: Mapping[str, tuple[float, ...]]
    references: tuple[ReferenceFacts, ...] = ()
    scaled_errors: ScaledErrors | None = None
    token_losses: TokenLosses | None = None
    label_scores: LabelScores | None = None
    confusion: Confusion = field(default_factory=Confusion)
    measures: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> str:
        """The content of `fit.json`, indented; equal results give equal text."""
        return _ADAPTER.dump_json(self, indent=2).decode() + "\n"


def holds_fit(folder: Path) -> bool:
    """Whether there is a fit in a folder."""
    with reading(folder / NAME):
        return (folder / NAME).is_file()


def read_fit(folder: Path) -> FitResult:
    """The result of the fit in a folder. Raises SteadfitError where it cannot be read."""
    return read_checked(folder / NAME, _ADAPTER, "a fit's result", SCHEMA, "Fit again.")


_ADAPTER = TypeAdapter(FitResult)
