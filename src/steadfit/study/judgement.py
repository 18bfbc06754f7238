"""From replicas to what they show: each arm's losses, changes with intervals, and its word."""

from collections.abc import Sequence

import numpy as np

from steadfit.data import Dataset
from steadfit.recipe import Recipe
from steadfit.study.clusters import by_group
from steadfit.study.decomposition import (
    Decomposition,
    Quantity,
    brier,
    cross_entropy,
    kohavi_wolpert,
    squared_error,
)
from steadfit.study.design import Arm, Design
from steadfit.study.intervals import (
    Estimate,
    Spread,
    interval,
    paired,
    paired_interval,
    spread,
    verdicts,
)
from steadfit.study.result import ArmResult, Figure, Interval, Loss, Parts, Verdict
from steadfit.study.sources import source_intervals
from steadfit.study.zero_one import zero_one
from steadfit.training import Replica

LEVEL = 0.95

Pair = tuple[Loss, Decomposition, Decomposition]  # an arm's and the baseline's


def deciding_loss(test: Dataset, baseline: Recipe) -> Loss:
    """The loss whose total makes an arm better or worse: the one that the baseline learns by."""
    return "squared" if test.task == "numbers" else baseline.training.loss


def judge(
    design: Design,
    arms: Sequence[Arm],
    replicas: Sequence[Sequence[Replica]],
    test: Dataset,
    pilot: int | None = None,
) -> tuple[ArmResult, ...]:
    """What each arm showed, against the first, the baseline.

    replicas: of each arm, samples × seeds of them in the order of `make_trials`. test: the points
    of their logits (`steadfit.data.points`); where they have groups, intervals are over groups. An
    arm with a failed replica has failed. Words are given by Holm's correction over all arms that
    are compared. pilot: the first samples, where their spread chose how many there are
    (`precision`).
    """
    decided = deciding_loss(test, arms[0].recipe)
    found = [_decompositions(design, own, test) for own in replicas]
    comparable = [i for i in range(1, len(arms)) if found[0] and found[i]]
    base = found[0].get(decided)
    changes = [
        paired_interval(found[i][decided], base, level=LEVEL, pilot=pilot)
        for i in comparable
        if base
    ]
    words: list[Verdict] = ["no difference shown" if own else "failed" for own in found]
    words[0] = "baseline" if base else "failed"
    for place, word in zip(comparable, verdicts(changes, alpha=1 - LEVEL), strict=True):
        words[place] = word
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
    found = [_decompositions(design, own, test) for own in replicas]
    if not found[0]:
        return ()
    tables = [paired(own[loss], found[0][loss], "total") for own in found[1:] if own]
    return tuple(spread(table, "total") for table in tables)


def _decompositions(
    design: Design, replicas: Sequence[Replica], test: Dataset
) -> dict[Loss, Decomposition]:
    """By loss; none where a replica failed. For zero_one it is Kohavi and Wolpert's."""
    if any(replica.failure for replica in replicas):
        return {}
    grid = np.stack([replica.logits for replica in replicas])
    grid = grid.reshape(design.samples, design.seeds, *grid.shape[1:])
    y = test.y.numpy()
    found: dict[Loss, Decomposition] = (
        {"squared": squared_error(grid, y)}
        if test.task == "numbers"
        else {
            "cross_entropy": cross_entropy(grid, y),
            "brier": brier(grid, y),
            "zero_one": kohavi_wolpert(grid, y),
        }
    )
    if test.groups is None:
        return found
    group = test.groups.numpy()
    return {loss: by_group(own, group) for loss, own in found.items()}


def _arm_result(
    arm: Arm,
    word: Verdict,
    replicas: Sequence[Replica],
    found: dict[Loss, Decomposition],
    baseline: dict[Loss, Decomposition],
    decided: Loss,
    design: Design,
    test: Dataset,
    pilot: int | None,
) -> ArmResult:
    losses: dict[Loss, Parts] = {
        loss: Parts(own.total, own.bias_noise, own.variance) for loss, own in found.items()
    }
    if "zero_one" in found:
        losses["zero_one"] = _domingos(replicas, test)
    pairs: list[Pair] = [
        (loss, own, baseline[loss]) for loss, own in found.items() if loss in baseline
    ]
    facts = _mean_facts(replicas)
    return ArmResult(
        name=arm.name,
        recipe=arm.recipe,
        parameters=round(facts.pop("parameters", 0.0)),
        verdict=word,
        losses=losses,
        changes=_changes(pairs, "total", pilot),
        variance_changes=_changes([p for p in pairs if p[0] != "zero_one"], "variance")
        if design.samples > 2  # the least for an interval; Domingos's variance has none
        else {},
        components=found[decided].components if found else None,
        facts=facts,
        failure=next((replica.failure for replica in replicas if replica.failure), ""),
        intervals={loss: _intervals(design, own) for loss, own in found.items()},
    )


def _domingos(replicas: Sequence[Replica], test: Dataset) -> Parts:
    grid = np.stack([replica.logits for replica in replicas])[:, None]
    found = zero_one(grid, test.y.numpy())
    return Parts(found.error, found.bias, found.net_variance)


def _changes(
    pairs: Sequence[Pair], quantity: Quantity, pilot: int | None = None
) -> dict[Loss, Interval]:
    found: dict[Loss, Interval] = {}
    for loss, own, baseline in pairs:
        change = paired_interval(own, baseline, quantity, level=LEVEL, pilot=pilot)
        found[loss] = Interval(change.value, change.low, change.high)
    return found


def _intervals(design: Design, found: Decomposition) -> dict[Figure, Interval]:
    """Of the total, of its two parts, and of the variance's sources, as far as the design allows.

    For zero_one they are of Kohavi and Wolpert's parts.
    """
    quantities: tuple[Quantity, ...] = ("total", "bias_noise", "variance")
    of: dict[Figure, Estimate] = {
        quantity: interval(found, quantity, level=LEVEL)
        for quantity in quantities[: 3 if design.samples > 2 else 1]
    }
    if found.gram is not None and min(design.samples, design.seeds) > 2:
        of |= source_intervals(found.gram, level=LEVEL)
    return {name: Interval(one.value, one.low, one.high) for name, one in of.items()}


def _mean_facts(replicas: Sequence[Replica]) -> dict[str, float]:
    whole = [replica.facts for replica in replicas if not replica.failure]
    names = sorted(set[str]().union(*whole))
    return {name: float(np.mean([facts.get(name, 0.0) for facts in whole])) for name in names}
