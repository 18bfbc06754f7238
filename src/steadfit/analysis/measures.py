"""What predictions are judged by: each measure a mean over test points, and less of it is better.

A measure that is no mean of the points' own losses, as the area under a curve, is given by its
linearised values: the measure plus each point's influence on it, which have the measure as their
mean and its sampling variance as theirs (Davison and Hinkley 1997, "Bootstrap methods and their
application", 2.7.2). So one way of comparing arms serves all.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steadfit.analysis.jackknife import Floats
from steadfit.analysis.several_labels import sigmoid
from steadfit.errors import SteadfitError, unknown


@dataclass(frozen=True, eq=False)
class Points:
    """The test points, N of them, and what every prediction is compared with.

    y: class numbers, shape (N,); numbers, shape (N, K); or which labels are there, bool, (N, L).
    groups: of points that belong together, int64, shape (N,); None where each stands alone.
    scales: of forecasts, the error that counts as 1 for each number, shape (N, K); NaN where there
        is none; None for other tasks.
    quantiles: of which predictions have numbers, rising, 0.5 among them; empty for other tasks.
    """

    y: np.ndarray
    groups: NDArray[np.integer] | None = None
    scales: Floats | None = None
    quantiles: tuple[float, ...] = ()

    def __len__(self) -> int:
        return len(self.y)

    @property
    def of_classes(self) -> bool:
        """Whether predictions are logits of classes."""
        return self.y.ndim == 1

    @property
    def of_labels(self) -> bool:
        """Whether predictions are log odds of several labels."""
        return self.y.dtype == bool

    def central(self, outputs: np.ndarray) -> np.ndarray:
        """Of predictions, shape (…, outputs), what is compared with y: of quantiles the median."""
        if not self.quantiles:
            return outputs
        numbers, place = outputs.shape[-1] // len(self.quantiles), self.quantiles.index(0.5)
        return outputs[..., place * numbers : (place + 1) * numbers]

    def answers(self, outputs: Floats) -> Floats:
        """Of outputs, shape (N, …), what people compare with y: probabilities, or numbers."""
        if self.of_classes:
            return np.exp(_log_probabilities(outputs))
        return sigmoid(outputs) if self.of_labels else self.central(outputs)


Values = Callable[[Floats, Points], Floats]


@dataclass(frozen=True)
class Measure:
    """values: from outputs, shape (N, C, L or K), logits or numbers, and the points to one value a
    point, shape (N,). bounded: the measure that judges in its place where a few points carry a
    change; "" where none does."""

    name: str
    values: Values
    bounded: str = ""

    def of(self, outputs: np.ndarray, points: Points) -> Floats:
        """The values of several repetitions, shape (R, N), from outputs (R, N, C or K)."""
        return np.stack([self.values(np.asarray(one, np.float64), points) for one in outputs])


def _log_probabilities(logits: Floats) -> Floats:
    shifted = logits - logits.max(1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(1, keepdims=True))


def _cross_entropy(logits: Floats, points: Points) -> Floats:
    return -_log_probabilities(logits)[np.arange(len(points)), points.y]


def _brier(logits: Floats, points: Points) -> Floats:
    shares = np.exp(_log_probabilities(logits))
    right = shares[np.arange(len(points)), points.y]
    return np.square(shares).sum(1) - 2 * right + 1


def _error(logits: Floats, points: Points) -> Floats:
    return (logits.argmax(1) != points.y).astype(np.float64)


def _balanced_error(logits: Floats, points: Points) -> Floats:
    """The mean over the classes of the share of wrong ones among a class's points."""
    counts = np.bincount(points.y)
    weights = len(points) / (np.count_nonzero(counts) * counts[points.y])
    return _error(logits, points) * weights


def _f1(logits: Floats, points: Points) -> Floats:
    """1 less the F1 score, the mean over the classes that there are."""
    predicted, found = logits.argmax(1), []
    for name in np.unique(points.y):
        said, there = predicted == name, points.y == name
        found.append(_f1_values(said & there, said, there))
    return 1 - np.mean(found, axis=0)


def _f1_values(hit: np.ndarray, said: np.ndarray, there: np.ndarray) -> Floats:
    """The F1 score of so many hits, sayings and labels at each point, linearised."""
    total = said.mean() + there.mean()
    score = 2 * hit.mean() / total
    return score + (2.0 * hit - score * (1.0 * said + there)) / total


def _auc(logits: Floats, points: Points) -> Floats:
    """1 less the area under the ROC curve, the mean over the classes, each against the rest.

    The points' influences are the placement values of DeLong, DeLong and Clarke-Pearson (1988).
    """
    shares = _log_probabilities(logits)
    classes = [name for name in np.unique(points.y) if (points.y != name).any()]
    if not classes:
        raise SteadfitError("auc needs test points of two classes, got one class.")
    if logits.shape[1] == 2:
        classes = classes[-1:]  # the other class has the same area
    found = []
    for name in classes:
        positive = points.y == name
        high, low = shares[positive, name], shares[~positive, name]
        placed = np.empty(len(points))
        placed[positive] = _share_below(high, low)
        placed[~positive] = 1 - _share_below(low, high)
        area = placed[positive].mean()
        rates = np.where(positive, positive.mean(), 1 - positive.mean())
        found.append(area + (placed - area) / rates)
    return 1 - np.mean(found, axis=0)


def _share_below(values: Floats, others: Floats) -> Floats:
    """Of each value the share of the others that lie below it; equal ones count half."""
    ordered = np.sort(others)
    below = np.searchsorted(ordered, values, "left")
    return (below + np.searchsorted(ordered, values, "right")) / (2 * len(ordered))


def _binary_cross_entropy(logits: Floats, points: Points) -> Floats:
    return (np.logaddexp(0.0, logits) - logits * points.y).mean(1)


def _binary_brier(logits: Floats, points: Points) -> Floats:
    return np.square(sigmoid(logits) - points.y).mean(1)


def _hamming(logits: Floats, points: Points) -> Floats:
    """The share of labels that are wrong."""
    return ((logits > 0) != points.y).mean(1)


def _exact_match(logits: Floats, points: Points) -> Floats:
    """1 where not all labels are right."""
    return ((logits > 0) != points.y).any(1).astype(np.float64)


def _macro_f1(logits: Floats, points: Points) -> Floats:
    """1 less the F1 score, the mean over the labels that there are; 0 where there are none."""
    said, there = logits > 0, points.y
    known = np.flatnonzero(there.any(0))
    if not len(known):
        return np.zeros(len(points))
    each = [_f1_values(said[:, k] & there[:, k], said[:, k], there[:, k]) for k in known]
    return 1 - np.mean(each, axis=0)


def _micro_f1(logits: Floats, points: Points) -> Floats:
    """1 less the F1 score of all labels' counts together; 0 where none are there or said."""
    said, there = logits > 0, points.y
    if not (said.any() or there.any()):
        return np.zeros(len(points))
    return 1 - _f1_values((said & there).sum(1), said.sum(1), there.sum(1))


def _squared(numbers: Floats, points: Points) -> Floats:
    return np.square(points.central(numbers) - points.y).sum(1)


def _rmse(numbers: Floats, points: Points) -> Floats:
    """The root of the mean squared error, over points and outputs."""
    squares = np.square(points.central(numbers) - points.y).mean(1)
    root = float(np.sqrt(squares.mean()))
    return np.full(len(points), 0.0) if root == 0.0 else root + (squares - root**2) / (2 * root)


def _mae(numbers: Floats, points: Points) -> Floats:
    return np.abs(points.central(numbers) - points.y).mean(1)


NO_SCALE = "mase needs a series that changes on the training side. Use mae."


def _mase(numbers: Floats, points: Points) -> Floats:
    """The mean absolute error in units of the naive forecast's (Hyndman and Koehler 2006); series
    that never change have no unit and are left out."""
    if points.scales is None:
        raise SteadfitError("mase is a measure of forecasts, and these are none. Use mae.")
    scaled = np.abs(points.central(numbers) - points.y) / points.scales
    known = np.isfinite(scaled)
    if not known.any():
        raise SteadfitError(NO_SCALE)
    return np.where(known, scaled, 0.0).sum(1) * (len(points) / known.sum())


def measurable(names: Sequence[str], points: Points) -> tuple[str, ...]:
    """Those of these measures that the points have: no `mase` where no series changes."""
    scales = points.scales
    constant = scales is not None and not np.isfinite(scales).any()
    return tuple(name for name in names if name != "mase" or not constant)


def _pinball(numbers: Floats, points: Points) -> Floats:
    """The mean pinball loss over quantiles and numbers (Koenker and Bassett 1978): the share q of
    what lies above a quantile q, and 1 - q of what lies below."""
    if not points.quantiles:
        raise SteadfitError(
            "pinball is a measure of quantiles, and none are forecast. Name them: quantiles."
        )
    q = np.array(points.quantiles)[:, None]
    above = points.y[:, None] - numbers.reshape(len(points), len(q), -1)
    return np.maximum(q * above, (q - 1) * above).mean((1, 2))


MEASURES: Mapping[str, Measure] = {
    one.name: one
    for one in (
        Measure("cross_entropy", _cross_entropy, bounded="brier"),
        Measure("brier", _brier),
        Measure("error", _error),
        Measure("balanced_error", _balanced_error),
        Measure("f1", _f1),
        Measure("auc", _auc),
        Measure("binary_cross_entropy", _binary_cross_entropy, bounded="binary_brier"),
        Measure("binary_brier", _binary_brier),
        Measure("hamming", _hamming),
        Measure("exact_match", _exact_match),
        Measure("macro_f1", _macro_f1),
        Measure("micro_f1", _micro_f1),
        Measure("squared", _squared, bounded="mae"),
        Measure("rmse", _rmse),
        Measure("mae", _mae),
        Measure("mase", _mase),
        Measure("pinball", _pinball),
    )
}
OF_CLASSES = ("cross_entropy", "brier", "error", "balanced_error", "f1", "auc")
OF_LABELS = ("error", "balanced_error", "f1")  # of classes without probabilities
OF_MARKS = ("hamming", "exact_match", "macro_f1", "micro_f1")  # of several labels without them
OF_SEVERAL = ("binary_cross_entropy", "binary_brier", *OF_MARKS)
OF_NUMBERS = ("squared", "rmse", "mae")
OF_FORECASTS = (*OF_NUMBERS, "mase")
OF_QUANTILES = (*OF_FORECASTS, "pinball")


def measure(
    name: str, known: tuple[str, ...] = tuple(MEASURES), own: tuple[Measure, ...] = ()
) -> Measure:
    """The measure of this name, among a person's own (`own_measures`) or ours.

    Raises SteadfitError, with the nearest one, if there is none.

    >>> points = Points(np.array([0, 1, 1]))
    >>> logits = np.array([[[2.0, 0.0], [0.0, 1.0], [1.0, 0.0]]])
    >>> measure("error").of(logits, points).tolist()
    [[0.0, 0.0, 1.0]]
    """
    ours = {one: MEASURES[one] for one in known}
    named = ours | {one.name: one for one in own}
    if name not in named:
        raise unknown("measure", name, list(named))
    return named[name]
