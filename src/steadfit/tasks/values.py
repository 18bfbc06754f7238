"""What is handed to a task, and what it hands back."""

from typing import Generic, NamedTuple, TypeVar

from torch import Tensor

from steadfit.analysis.label_scores import LabelScores
from steadfit.analysis.result import ScaledErrors, TokenLosses
from steadfit.kinds import Inputs
from steadfit.nn import Padded

OfTask = TypeVar("OfTask", covariant=True)  # the task that the values are of
Part = tuple[Tensor | Padded, Tensor]  # what a module takes, and its targets


class Points(NamedTuple, Generic[OfTask]):
    """Test points that are not the examples themselves, each with a row of a replica's logits.

    groups: int64, shape (points,): points of one number are alike. note: what to say of them.
    """

    x: Inputs
    y: Tensor
    task: OfTask
    ids: tuple[str, ...]
    groups: Tensor
    note: str


class Kept(NamedTuple, Generic[OfTask]):
    """What stays of a data set where rare classes or labels are left out.

    task, y: without them. rows: positions of the examples that stay, int64. gone: the names.
    """

    task: OfTask
    y: Tensor
    rows: Tensor
    gone: tuple[str, ...]


class Side(NamedTuple):
    """The training or the test examples of a study; spans as in `steadfit.data.Structure`."""

    x: Inputs
    y: Tensor
    spans: Tensor | None = None


class Scores(NamedTuple):
    """Scores beside the losses, which only some tasks have; the names are those of `Analysis`."""

    scaled_errors: ScaledErrors | None = None
    token_losses: TokenLosses | None = None
    label_scores: LabelScores | None = None
