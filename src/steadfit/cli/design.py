"""The options of `steadfit study` and `steadfit measure` on their design."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from steadfit.cli.options import DESIGN


@Parameter(name="*")
@dataclass(frozen=True)
class Design:
    """How arms are compared and whose variance is measured, as `steadfit.study.design.Design`."""

    folds: Annotated[
        int | None,
        Parameter(
            group=DESIGN,
            help="Folds that test one another; 1: a test side. [default: 5, or 1 where the data "
            "has a test set of 2,000 points or more]",
        ),
    ] = None
    repetitions: Annotated[
        int | None,
        Parameter(group=DESIGN, help="At most, an arm. [default: 3, or 8 with --folds 1]"),
    ] = None
    trainings: Annotated[
        int | None, Parameter(group=DESIGN, help="At most, in the whole study.")
    ] = None
    decide_by: Annotated[
        str,
        Parameter(
            group=DESIGN,
            help="The measure that makes an arm better: loss, error, brier, cross_entropy, "
            "balanced_error, f1, auc; squared, mae, rmse, mase, pinball; a scorer of "
            "scikit-learn's, or MODULE:NAME of a function.",
        ),
    ] = "loss"
    measures: Annotated[
        tuple[str, ...],
        Parameter(
            name="--measure",
            group=DESIGN,
            negative=(),
            show_default=False,
            help="Another to be told: a scorer of scikit-learn's, or MODULE:NAME; repeat for more.",
        ),
    ] = ()
    variance: Annotated[
        Literal["best", "all", "none"],
        Parameter(
            group=DESIGN,
            help="Whose variance is measured; best: of the baseline and the arm handed over.",
        ),
    ] = "best"
    samples: Annotated[
        int, Parameter(group=DESIGN, help="Training samples drawn for a variance.")
    ] = 5
    seeds: Annotated[int, Parameter(group=DESIGN, help="Seeds per training sample.")] = 1
    crossed: Annotated[
        bool,
        Parameter(
            group=DESIGN,
            negative=(),
            show_default=False,
            help="Use the same seeds, 3 or more, on all samples: separates what the seed brings "
            "from what sample and seed bring together.",
        ),
    ] = False
    scheme: Annotated[
        Literal["bootstrap", "subsample", "disjoint", "whole"],
        Parameter(group=DESIGN, help="How samples are drawn; whole: all data every time."),
    ] = "bootstrap"
    other_sets: Annotated[
        bool,
        Parameter(
            group=DESIGN,
            negative=(),
            show_default=False,
            help="Also say what would hold over other training sets of this size.",
        ),
    ] = False

    learning_curve: Annotated[
        bool,
        Parameter(
            group=DESIGN,
            negative=(),
            show_default=False,
            help="Also train on a quarter and half of the data: would more help?",
        ),
    ] = False

    def given(self) -> dict[str, Any]:
        """By the names that `steadfit.study` has for them."""
        return vars(self)


@Parameter(name="*")
@dataclass(frozen=True)
class DesignOrRace(Design):
    """The same, and a race."""

    budget: Annotated[
        int | None,
        Parameter(
            group=DESIGN,
            help="Trainings in all, for a race of the remedies at several strengths and joined; "
            "its winner is measured.",
        ),
    ] = None
