"""From replicas to what they show: each arm's losses, changes with intervals, and its word."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from steadfit.analysis import arm_loss
from steadfit.analysis.arm_loss import ArmLoss
from steadfit.analysis.decomposition import (
    Decomposition,
    Quantity,
    brier,
    cross_entropy,
    kohavi_wolpert,
    squared_error,
)
from steadfit.analysis.intervals import Estimate, Spread, verdicts
from steadfit.analysis.sources import source_intervals
from steadfit.analysis.zero_one import zero_one
from steadfit.data import Dataset
from steadfit.recipe import Recipe
from steadfit.study.design import Arm, Design
from steadfit.study.result import ArmResult, Figure, Interval, Loss, Parts, Verdict
from steadfit.training import Replica

LEVEL = 0.95

ArmLosses = dict[Loss, ArmLoss]  # none where a replica failed


class Decompose(Protocol):
    """A loss split for one arm: `decomposition.cross_entropy` and its like."""

    def __call__(self, z: np.ndarray, y: np.ndarray, /, *, crossed: bool = False) -> Decomposition:
        """From outputs by sample, seed and point, and what is right at each point."""
        ...


DECOMPOSE: dict[Loss, Decompose] = {
    "cross_entropy": cross_entropy,
    "brier": brier,
    "zero_one": kohavi_wolpert,
    "squared": squared_error,
}


def deciding_loss(test: Dataset, baseline: Recipe) -> Loss:
    """The loss whose total makes an arm better or worse: the one that the baseline learns by."""
    return test.schema.task.decides(baseline.training)


def judge(
    design: Design,
    arms: Sequence[Arm],
    replicas: Sequence[Sequence[Replica]],
    test: Dataset,
    pilot: int | None = None,
) -> tuple[ArmResult, ...]:
    """What each arm showed, against the first, the baseline.

    replicas: of each arm, in the order of `make_trials`. test: the points of their logits
    (`steadfit.data.points`); where they have groups, intervals are over groups. An arm with a
    failed replica has failed. Words are given by Holm's correction over all arms that are compared.
    pilot: the first samples, where their spread chose how many there are (`precision`).
    """
    decided = deciding_loss(test, arms[0].recipe)
    found = [_losses(design, own, test) for own in replicas]
    words = _words(design, found, decided, pilot)
    return tuple(
        _arm_result(arm, word, own, mine, found[0] if place else {}, decided, design, test, pilot)
        for place, (arm, word, own, mine) in enumerate(
            zip(arms, words, replicas, found, strict=True)
        )
    )


def spreads(
    design: Design, replicas: Sequence[Sequence[Replica]], test: Dataset, loss: Loss
) -> tuple[Spread, ...]:
    """Of each arm's change of this loss against the first arm; failed arms left out."""
    found = [_losses(design, own, test) for own in replicas]
    if not found[0]:
        return ()
    return tuple(arm_loss.change_spread(own[loss], found[0][loss]) for own in found[1:] if own)


def _words(
    design: Design, found: Sequence[ArmLosses], loss: Loss, pilot: int | None
) -> list[Verdict]:
    """Each arm's word: by the change's interval, and where that says nothing by the change here."""
    words: list[Verdict] = ["no difference shown" if own else "failed" for own in found]
    if not found[0]:
        return words
    base = found[0][loss]
    words[0] = "baseline"
    comparable = [place for place in range(1, len(found)) if found[place]]
    pairs = [(found[place][loss], base) for place in comparable]
    changes = [arm_loss.change(*pair, "total", LEVEL, pilot) for pair in pairs]
    here = [arm_loss.change_here(*pair, LEVEL) for pair in pairs]
    said: Sequence[Verdict] = verdicts(changes, alpha=1 - LEVEL)
    if design.scheme == "whole":
        said = [_here(word) for word in said]
    elif design.whole:
        told: Sequence[Verdict] = verdicts([one for one in here if one], alpha=1 - LEVEL)
        said = [
            _here(other) if word == "no difference shown" else word
            for word, other in zip(said, told, strict=True)
        ]
    for place, word in zip(comparable, said, strict=True):
        words[place] = word
    return words


def _here(word: Verdict) -> Verdict:
    """The word where it is of training on these very data."""
    words: dict[Verdict, Verdict] = {"better": "better here", "worse": "worse here"}
    return words.get(word, word)


def _losses(design: Design, replicas: Sequence[Replica], test: Dataset) -> ArmLosses:
    """By loss; none where a replica failed. For zero_one it is Kohavi and Wolpert's."""
    if any(replica.failure for replica in replicas):
        return {}
    logits = np.stack([replica.logits for replica in replicas])
    drawn = logits[: design.drawn].reshape(design.samples, design.seeds, *logits.shape[1:])
    y = test.y.numpy()
    found: ArmLosses = {
        loss: ArmLoss(
            DECOMPOSE[loss](drawn, y, crossed=design.crossed),
            DECOMPOSE[loss](logits[design.drawn :, None], y) if design.whole else None,
        )
        for loss in test.schema.task.losses
    }
    if test.structure.groups is None:
        return found
    group = test.structure.groups.numpy()
    return {loss: own.by_group(group) for loss, own in found.items()}


def _arm_result(
    arm: Arm,
    word: Verdict,
    replicas: Sequence[Replica],
    found: ArmLosses,
    baseline: ArmLosses,
    decided: Loss,
    design: Design,
    test: Dataset,
    pilot: int | None,
) -> ArmResult:
    losses: dict[Loss, Parts] = {
        loss: Parts(own.total, own.bias_noise, own.variance) for loss, own in found.items()
    }
    if "zero_one" in found:
        losses["zero_one"] = _domingos(replicas[: design.drawn], found["zero_one"].total, test)
    pairs: dict[Loss, tuple[ArmLoss, ArmLoss]] = {
        loss: (own, baseline[loss]) for loss, own in found.items() if loss in baseline
    }
    here: dict[Loss, Estimate | None] = {
        loss: arm_loss.change_here(*pair, LEVEL) for loss, pair in pairs.items()
    }
    facts = _mean_facts(design.at_size(replicas))
    return ArmResult(
        name=arm.name,
        recipe=arm.recipe,
        parameters=round(facts.pop("parameters", 0.0)),
        verdict=word,
        losses=losses,
        changes={
            loss: _shown(arm_loss.change(*pair, "total", LEVEL, pilot))
            for loss, pair in pairs.items()
        },
        variance_changes={
            loss: _shown(arm_loss.change(*pair, "variance", LEVEL))
            for loss, pair in pairs.items()
            if design.samples > 2 and loss != "zero_one"  # Domingos's variance has no interval
        },
        components=found[decided].drawn.components if found else None,
        facts=facts,
        failure=next((replica.failure for replica in replicas if replica.failure), ""),
        intervals={loss: _intervals(design, loss, own) for loss, own in found.items()},
        changes_here={loss: _shown(one) for loss, one in here.items() if one},
    )


def _domingos(drawn: Sequence[Replica], error: float, test: Dataset) -> Parts:
    """The error, and what of it is disagreement of the drawn replicas."""
    found = zero_one(np.stack([replica.logits for replica in drawn])[:, None], test.y.numpy())
    return Parts(error, error - found.net_variance, found.net_variance)


def _intervals(design: Design, loss: Loss, found: ArmLoss) -> dict[Figure, Interval]:
    """Of the total, of its two parts, and of the variance's sources, as far as the design allows.

    For zero_one of the total alone: its parts are Domingos's, `found` is Kohavi and Wolpert's.
    """
    quantities: tuple[Quantity, ...] = ("total", "bias_noise", "variance")
    only_total = loss == "zero_one" or design.samples < 3
    of: dict[Figure, Estimate] = {
        quantity: arm_loss.interval(found, quantity, LEVEL)
        for quantity in quantities[: 1 if only_total else 3]
    }
    if found.drawn.gram is not None and design.crossed and not only_total:
        of |= source_intervals(found.drawn.gram, level=LEVEL)
    return {name: _shown(one) for name, one in of.items()}


def _shown(found: Estimate) -> Interval:
    return Interval(found.value, found.low, found.high)


def _mean_facts(replicas: Sequence[Replica]) -> dict[str, float]:
    whole = [replica.facts for replica in replicas if not replica.failure]
    names = sorted(set[str]().union(*whole))
    return {name: float(np.mean([facts.get(name, 0.0) for facts in whole])) for name in names}
