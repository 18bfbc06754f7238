"""What a study found, as plain frozen values: the content of `study.json`.

Nothing here depends on when, how fast or in how many processes the replicas were trained, so
that the same study gives the same bytes.
"""

from dataclasses import field
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from steadfit.analysis.decomposition import Components
from steadfit.analysis.losses import Loss
from steadfit.errors import SteadfitError, unknown
from steadfit.recipe import Recipe
from steadfit.regular_files import read_regular

Figure = Literal["total", "bias_noise", "variance", "sample", "seed", "interaction"]
Verdict = Literal[
    "baseline", "better", "worse", "better here", "worse here", "no difference shown", "failed"
]


@dataclass(frozen=True)
class Interval:
    """A figure with its confidence interval, in the units of the loss it belongs to."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Parts:
    """One loss, averaged over replicas and test points: total = bias_noise + variance.

    Units: nats for cross_entropy, squared units for squared and brier, shares for zero_one
    (where variance is Domingos's net variance, which has no interval).
    """

    total: float
    bias_noise: float
    variance: float


@dataclass(frozen=True)
class ArmResult:
    """What one arm's replicas showed. An arm that failed has no losses, only `failure`.

    verdict: "better here" where the change is shown for training on these very data, and not
        for its mean over training sets of their size.
    parameters: numbers that training changes, the mean over replicas, whose samples of texts have
        vocabularies of their own; 0 where every replica failed.
    """

    name: str
    recipe: Recipe
    parameters: int
    verdict: Verdict
    losses: dict[Loss, Parts]
    changes: dict[Loss, Interval]  # of the total, against the baseline, paired
    variance_changes: dict[Loss, Interval]
    components: Components | None
    facts: dict[str, float]  # means over replicas: share of steps clipped, share of zero weights
    failure: str = ""
    replicas: tuple[str, ...] = ()  # their keys in the store
    intervals: dict[Loss, dict[Figure, Interval]] = field(default_factory=dict)  # of the arm alone
    changes_here: dict[Loss, Interval] = field(default_factory=dict)  # for these very data

    @property
    def helps(self) -> bool:
        """Whether it was found better than the baseline."""
        return self.verdict in ("better", "better here")


@dataclass(frozen=True)
class DataFacts:
    """What the study was run on. horizon: the steps that are forecast; 0 where none are."""

    name: str
    shape: tuple[int, ...]
    train: int
    test: int
    task: str
    classes: tuple[str, ...]
    train_fingerprint: str
    test_fingerprint: str
    notes: tuple[str, ...]
    horizon: int = 0


@dataclass(frozen=True)
class DesignFacts:
    """Every arm on the same samples with the same seeds.

    whole: replicas of an arm on all the training data, beside those on samples. crossed: whether
    the seeds are the same on each sample.
    """

    samples: int
    seeds: int
    scheme: str
    seed: int
    whole: int = 0
    crossed: bool = False


@dataclass(frozen=True)
class StudyResult:
    """A whole study. `loss` is the one that decides; `level` that of every interval."""

    data: DataFacts
    design: DesignFacts
    loss: Loss
    level: float
    arms: tuple[ArmResult, ...]
    best: str
    sentences: tuple[str, ...]

    def arm(self, name: str) -> ArmResult:
        """The arm of this name. Raises SteadfitError, with the nearest name, if there is none."""
        for arm in self.arms:
            if arm.name == name:
                return arm
        raise unknown("arm", name, [arm.name for arm in self.arms])

    def to_json(self) -> str:
        """The content of `study.json`, indented; equal results give equal text."""
        return _ADAPTER.dump_json(self, indent=2).decode() + "\n"

    @classmethod
    def read(cls, path: Path) -> "StudyResult":
        """Read a `study.json`. Raises SteadfitError if it cannot be read, or is not one."""
        try:
            return _ADAPTER.validate_json(read_regular(path))
        except OSError as error:
            raise SteadfitError(f"{path} cannot be read: {error.strerror}.") from None
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise SteadfitError(
                f"{path} is not a study's result: {place}: {first['msg'].lower()}. "
                "Run the study again to write it anew."
            ) from None


_ADAPTER = TypeAdapter(StudyResult)
