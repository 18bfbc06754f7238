"""`Analysis`: what was found, as plain frozen numbers and enums. No sentence, no array."""

from dataclasses import dataclass, field
from typing import Literal

from steadfit.analysis.comparison import Change
from steadfit.analysis.decomposition import Components
from steadfit.analysis.evidence import Comparing, Sampling
from steadfit.analysis.label_scores import LabelScores
from steadfit.analysis.terms import Failure, Limit, Loss, Verdict
from steadfit.errors import unknown

Figure = Literal["total", "bias_noise", "variance", "sample", "seed", "interaction"]


@dataclass(frozen=True)
class Interval:
    """A figure with its confidence interval, in the units of the loss it belongs to."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Parts:
    """One loss of replicas on drawn samples, averaged over replicas and the points of these:
    total = bias_noise + variance.

    For ZERO_ONE the variance is Domingos's net variance, which has no interval.
    """

    total: float
    bias_noise: float
    variance: float


@dataclass(frozen=True)
class VarianceAnalysis:
    """What the replicas of one arm on drawn samples showed.

    losses: each loss split. intervals: of its figures. changes: of the variance against the
    baseline's, in pairs. components: where the variance of the first loss comes from.
    ensemble: what averaging these replicas changes in each measure, against a single one.
    """

    losses: dict[Loss, Parts]
    intervals: dict[Loss, dict[Figure, Interval]] = field(default_factory=dict)
    changes: dict[Loss, Interval] = field(default_factory=dict)
    components: Components | None = None
    ensemble: dict[str, Change] = field(default_factory=dict)


@dataclass(frozen=True)
class ArmAnalysis:
    """What one arm's replicas showed. An arm that failed has no totals.

    repetitions: that it was trained for. totals: each measure, over repetitions and test points.
    changes: of each measure against the baseline, in pairs. other_sets: the change of the deciding
        one as it would be over other training sets of this size, where that was asked for.
    judged_by: the measure that the verdict is by: the deciding one, or a bounded one where a few
        points carry the change; "" without a verdict. limit: what makes the interval long.
    variance: None where no sample was drawn for it. facts, failed: as in `ArmEvidence`.
    """

    name: str
    verdict: Verdict
    repetitions: int = 0
    totals: dict[str, float] = field(default_factory=dict)
    changes: dict[str, Change] = field(default_factory=dict)
    judged_by: str = ""
    limit: Limit | None = None
    other_sets: Change | None = None
    variance: VarianceAnalysis | None = None
    facts: dict[str, float] = field(default_factory=dict)
    failed: dict[Failure, int] = field(default_factory=dict)


@dataclass(frozen=True)
class ReferenceAnalysis:
    """A simple rival: its measures, and what the best arm changes of them, in pairs."""

    name: str
    totals: dict[str, float]
    best_against: dict[str, Change]


@dataclass(frozen=True)
class EnsembleAnalysis:
    """The repetitions of an arm, averaged: its measures, and what it changes against the baseline's
    single replicas, in pairs."""

    arm: str
    members: int
    totals: dict[str, float]
    changes: dict[str, Change]

    @property
    def name(self) -> str:
        """As tables call it."""
        return f"{self.arm} ×{self.members}"


@dataclass(frozen=True)
class CurvePoint:
    """One arm on a share of the training data: each measure's total, over the same test points.

    examples: that a replica was trained on, a mean. to_all: what all the data change of the
    deciding measure against this share, in pairs; None for all of it.
    """

    share: float
    examples: float
    totals: dict[str, float]
    to_all: Change | None


@dataclass(frozen=True)
class LearningCurve:
    """An arm at shares of the training data, ascending. doubled: what twice the data would change
    of the deciding measure, if a power law goes on; None where the loss does not fall by one."""

    arm: str
    points: tuple[CurvePoint, ...]
    doubled: Change | None


@dataclass(frozen=True)
class ScaledErrors:
    """How forecasts stand against the naive ones: mean absolute scaled errors (MASE).

    One unit is the (seasonal) naive forecast's error of one step on the training side.
    arm: the best one's, the mean over its replicas. seasonal: None without a season. constant:
        series left out, as nothing changes on their training side. None where all are.
    absolute: the arm's mean absolute error of a step, in the target's units; None where there are
        several targets, and in files of version 0.1. windows: how many forecasts were tested.
    """

    horizon: int
    season: int
    constant: int
    arm: float | None
    naive: float | None
    seasonal: float | None
    absolute: float | None = None
    windows: int | None = None


@dataclass(frozen=True)
class TokenLosses:
    """The mean loss over all tokens held out, in nats a token, by arm: the baseline and the best.

    unit: what a token is, "characters", "words", "bytes" or "subwords". tokens: how many are held
    out. characters, utf8_bytes: that these are; None of words, and in files of version 0.1.
    """

    unit: str
    tokens: int
    losses: dict[str, float]
    characters: int | None = None
    utf8_bytes: int | None = None


@dataclass(frozen=True)
class Analysis:
    """What a study found. The first arm is the baseline.

    decides: the measure that makes an arm better or worse. level: of every interval.
    points: how many test points. best: the arm handed over (`deciding.best`).
    ensembles: of the best arm and the baseline, where they have two repetitions or more.
    sampling: of the replicas that tell the variance; None where none were drawn.
    label_scores: of several labels, the best arm's; None of other tasks.
    """

    decides: str
    level: float
    comparing: Comparing
    points: int
    arms: tuple[ArmAnalysis, ...]
    best: str
    references: tuple[ReferenceAnalysis, ...] = ()
    ensembles: tuple[EnsembleAnalysis, ...] = ()
    sampling: Sampling | None = None
    learning_curve: LearningCurve | None = None
    scaled_errors: ScaledErrors | None = None
    token_losses: TokenLosses | None = None
    label_scores: LabelScores | None = None

    @property
    def baseline(self) -> ArmAnalysis:
        return self.arms[0]

    @property
    def strongest_reference(self) -> ReferenceAnalysis | None:
        """The rival with the least of the deciding measure; None where none was fitted."""
        known = [one for one in self.references if self.decides in one.totals]
        return min(known, key=lambda one: one.totals[self.decides]) if known else None

    def arm(self, name: str) -> ArmAnalysis:
        """The arm of this name. Raises SteadfitError, with the nearest name, if there is none."""
        for arm in self.arms:
            if arm.name == name:
                return arm
        raise unknown("arm", name, [arm.name for arm in self.arms])
