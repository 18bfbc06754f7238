"""`Analysis`: what was found, as plain frozen numbers and enums. No sentence, no array."""

from dataclasses import dataclass, field
from typing import Literal

from steadfit.analysis.decomposition import Components
from steadfit.analysis.evidence import Sampling
from steadfit.analysis.precision import Precision
from steadfit.analysis.terms import Failure, Loss, Verdict
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
    """One loss, averaged over replicas and test points: total = bias_noise + variance.

    For ZERO_ONE the variance is Domingos's net variance, which has no interval.
    """

    total: float
    bias_noise: float
    variance: float


@dataclass(frozen=True)
class ArmAnalysis:
    """What one arm's replicas showed. An arm that failed has no losses.

    changes: of each loss's total against the baseline, in pairs. changes_here: the same for
        training on these very data. variance_changes: of its variance. intervals: of the arm alone.
    components: where the deciding loss's variance comes from. facts, failed: as in `ArmEvidence`.
    """

    name: str
    verdict: Verdict
    losses: dict[Loss, Parts]
    changes: dict[Loss, Interval]
    variance_changes: dict[Loss, Interval]
    components: Components | None = None
    facts: dict[str, float] = field(default_factory=dict)
    failed: dict[Failure, int] = field(default_factory=dict)
    intervals: dict[Loss, dict[Figure, Interval]] = field(default_factory=dict)
    changes_here: dict[Loss, Interval] = field(default_factory=dict)


@dataclass(frozen=True)
class ScaledErrors:
    """How forecasts stand against the naive ones: mean absolute scaled errors (MASE).

    One unit is the (seasonal) naive forecast's error of one step on the training side.
    arm: the best one's, the mean over its replicas. seasonal: None without a season. constant:
        series left out, as nothing changes on their training side. None where all are.
    """

    horizon: int
    season: int
    constant: int
    arm: float | None
    naive: float | None
    seasonal: float | None


@dataclass(frozen=True)
class TokenLosses:
    """The mean loss over all tokens held out, in nats a token, by arm: the baseline and the best.

    unit: what a token is, "characters" or "words". tokens: how many are held out.
    """

    unit: str
    tokens: int
    losses: dict[str, float]


@dataclass(frozen=True)
class Analysis:
    """What a study found. The first arm is the baseline.

    decides: the loss whose total makes an arm better or worse. level: of every interval.
    points: how many test points. best: the arm with the least total among those found better, else
        the baseline.
    precision: how the number of samples was chosen; None where it was given.
    """

    decides: Loss
    level: float
    sampling: Sampling
    points: int
    arms: tuple[ArmAnalysis, ...]
    best: str
    precision: Precision | None = None
    scaled_errors: ScaledErrors | None = None
    token_losses: TokenLosses | None = None

    @property
    def baseline(self) -> ArmAnalysis:
        return self.arms[0]

    def arm(self, name: str) -> ArmAnalysis:
        """The arm of this name. Raises SteadfitError, with the nearest name, if there is none."""
        for arm in self.arms:
            if arm.name == name:
                return arm
        raise unknown("arm", name, [arm.name for arm in self.arms])
