"""Has a network trained? What its losses say of that, as numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FALL = 0.1  # of all that was learned: a training that learns more in its last half has not ended
LEAST = 8  # steps of the last half; fewer end nothing
BELOW = 0.02  # of guessing's loss, by which a network must be better to beat it
EPOCHS = 6  # at least, for a validation curve to tell anything
RISE = 0.05  # of the least validation loss
CONFIDENCE = 3.0  # standard errors by which a fall or a rise must exceed its noise


@dataclass(frozen=True)
class TrainingState:
    """How far one training came.

    still_falling: whether the training loss still fell at the end. beats_guessing: whether the
    finished network is better by more than `BELOW`, on its own training examples, than the best
    answer that is the same for all of them. overfits_from: the epoch, from 1, after which the
    validation loss rises; None where it does not, or is not known. levelled: whether the validation
    loss fell, and no longer does.
    """

    still_falling: bool
    beats_guessing: bool
    overfits_from: int | None
    levelled: bool = False

    @property
    def trained(self) -> bool:
        """Whether the network has learned what more training would not change.

        One that overfits has trained enough, whatever else its training loss does, and so has one
        whose validation loss has levelled off.
        """
        ended = not self.still_falling or self.overfits_from is not None or self.levelled
        return self.beats_guessing and ended

    def facts(self) -> dict[str, float]:
        """As a replica's facts: 1 for yes, 0 for no, so that a mean over replicas is a share."""
        return {
            "still_falling": float(self.still_falling),
            "beats_guessing": float(self.beats_guessing),
            "overfits": float(self.overfits_from is not None),
            "trained": float(self.trained),
        }


def training_state(
    losses: Sequence[float],
    rates: Sequence[float],
    final: float,
    guessing: float,
    validation: Sequence[float] = (),
    stopped: bool = False,
) -> TrainingState:
    """Judge one training.

    losses, rates: the training loss and the learning rate of each step, in order. final: the mean
    loss of the finished network on its training examples, and guessing: the least that one answer
    for all of them gets, both by the loss that was learned by. validation: the loss after each
    epoch on examples that were not learned from, if there are such. stopped: whether early stopping
    ended it, as the validation loss fell no more: then it has ended, whatever the training loss.

    >>> falls = [2.3 * 0.97**step for step in range(200)]
    >>> training_state(falls[:20], [0.1] * 20, final=1.3, guessing=2.3).still_falling
    True
    >>> training_state(falls, [0.1] * 200, final=0.01, guessing=2.3).still_falling
    False
    """
    return TrainingState(
        still_falling=not stopped and falls_at_the_end(losses, rates, final, guessing),
        beats_guessing=final < (1 - BELOW) * guessing,
        overfits_from=rises_from(validation),
        levelled=has_levelled(validation, rates),
    )


def falls_at_the_end(
    losses: Sequence[float], rates: Sequence[float], final: float, guessing: float
) -> bool:
    """Whether the last half of a training lowered the loss by more than `FALL` of what all of it
    did.

    Halves are of the sum of the learning rates, not of the steps: as a rate goes to 0 every loss
    levels off, trained or not. A line is fitted to the losses of the last half; its fall counts
    where it is larger than its noise, which the distances from the line tell. And there is no more
    to learn than `final`: with dropout or augmentation the training loss falls long after the
    network knows its examples.
    """
    done = _done(rates)
    last = done > 0.5
    if last.sum() < LEAST:
        return True
    x, y = done[last], np.asarray(losses, np.float64)[last]
    x = x - x.mean()
    slope = float(x @ y / (x @ x))
    error = float(np.sqrt(np.square(y - y.mean() - slope * x).sum() / (len(y) - 2) / (x @ x)))
    learned = guessing - (y.mean() + slope * x[-1])
    fall, noise = -slope / 2, error / 2
    return bool(fall > CONFIDENCE * noise and min(fall, final) > FALL * learned)


def rises_from(validation: Sequence[float]) -> int | None:
    """The epoch, from 1, at which the loss is least, where those after it show a rise; else None.

    Means of three epochs are compared: the least of them, and that of the last three. The rise must
    exceed `RISE` of the least, and the noise, which the curve's second differences tell.
    """
    curve = np.asarray(validation, np.float64)
    if len(curve) < EPOCHS:
        return None
    smooth = _smooth(curve)
    least = int(smooth.argmin())
    rise = smooth[-1] - smooth[least]
    if rise <= max(RISE * smooth[least], CONFIDENCE * _noise(curve)):
        return None
    return least + 1 + int(curve[least : least + 3].argmin())


def has_levelled(validation: Sequence[float], rates: Sequence[float]) -> bool:
    """Whether the last half lowered the validation loss by at most `FALL` of what all of the
    training did, or by no more than the noise of an epoch.

    Halves as in `falls_at_the_end`, means and noise as in `rises_from`. A loss that never fell by
    more than its noise has not levelled off: it may not have begun.

    >>> has_levelled([2.3, 2.0, 1.8, 1.7, 1.7, 1.7, 1.69, 1.7, 1.7, 1.69], [0.1] * 80)
    True
    >>> has_levelled([2.3, 2.2, 2.1, 2.0, 1.9, 1.8, 1.7, 1.6], [0.1] * 80)
    False
    """
    curve = np.asarray(validation, np.float64)
    if len(curve) < EPOCHS:
        return False
    smooth = _smooth(curve)
    half = int(np.searchsorted(_done(rates), 0.5) / len(rates) * len(smooth))
    fell, noise = smooth[0] - smooth.min(), _noise(curve)
    falls = smooth[half] - smooth[-1]
    return bool(fell > CONFIDENCE * noise and falls <= max(FALL * fell, noise))


def _done(rates: Sequence[float]) -> np.ndarray:
    """After each step, the share of the sum of the learning rates that has been spent."""
    done = np.cumsum(np.asarray(rates, np.float64))
    return done / done[-1]


def _smooth(curve: np.ndarray) -> np.ndarray:
    """Means of three epochs."""
    return np.convolve(curve, np.full(3, 1 / 3), "valid")


def _noise(curve: np.ndarray) -> float:
    """Of an epoch, by the second differences."""
    return float(np.sqrt(np.square(np.diff(curve, 2)[len(curve) // 3 :]).mean() / 6))
