"""What one data set alone says of a change, held against other sets of its size."""

import numpy as np
from calibrate import AGAIN, STUDIED, Part
from calibration_power import BOTH, Losses
from calibration_variance import TWICE
from numpy.typing import NDArray
from steadfit.analysis.arm_loss import joined

from steadfit.analysis.intervals import Estimate, spread, student, verdicts

DRAWS = 20  # studies of each set, which differ in the images and the samples that they have
BOTH_WAYS = {
    "both": ("bootstrap", BOTH),
    "both 5 × 2": (TWICE, 5),
    "both 4 × 2": (TWICE, 4),
    "both 3 × 2": (TWICE, 3),
}
WAYS = ("bootstrap", "subsample", "whole", *BOTH_WAYS)
BY_ARM = WAYS[:5]  # those whose changes are shown arm by arm
Floats = NDArray[np.float64]


def judged(schemes: dict[str, Losses], own: Losses) -> dict[tuple[str, str], Floats]:
    """By way and arm, studies of each set: the change, its interval's length, whether that holds
    the true change, and whether the arm is called better; shape (studies, 4).

    Each study sees a fifth of the test images, and of the samples there are as many as it needs.
    The truth is the mean over the other sets and images, and 0 for an arm that changes nothing.
    """
    first, *others = own
    changes = true_changes(own)
    points, rng = own[first].shape[-1], np.random.default_rng(0)
    found: dict[tuple[str, str], list[tuple[float, float, bool, bool]]] = {}
    for number in np.repeat(range(STUDIED), DRAWS):
        seen = np.isin(np.arange(points), rng.permutation(points)[: points // 5])
        own_losses = {
            scheme: {name: each[number][:, seen] for name, each in losses.items()}
            for scheme, losses in schemes.items()
        }
        for way, estimates in from_one_set(own_losses, rng).items():
            for name, each, word in zip(others, estimates, verdicts(estimates), strict=True):
                true = float(np.delete(changes[name], number, axis=0)[..., ~seen].mean())
                held = each.low <= true <= each.high
                entry = each.value, each.high - each.value, held, word == "better"
                found.setdefault((way, name), []).append(entry)
    return {which: np.array(studies, float) for which, studies in found.items()}


def true_changes(own: Losses) -> Losses:
    """Every arm's change on fresh sets; 0 for an arm that changes nothing."""
    first, *others = own
    return {name: (own[name] - own[first]) * (name != AGAIN) for name in others}


def change_rows(part: Part, found: dict[tuple[str, str], Floats], own: Losses) -> list[str]:
    """The change that one set alone gives, the true one, how often the interval covers it."""
    true = true_changes(own)
    rows = []
    for (way, name), studies in found.items():
        if way not in BY_ARM:
            continue
        value, reach, held, better = studies.T
        rows.append(
            f"| {part.model} | {part.n:,} | {way} | {name} | "
            f"{true[name].mean():+.4f} | {value.mean():+.4f} | "
            f"± {np.median(reach):.4f} | {held.mean():.0%} | {better.mean():.0%} |"
        )
    return rows


def held_row(part: Part, found: dict[tuple[str, str], Floats]) -> str:
    """How often each way's intervals hold the true change, over all arms, and how long they are:
    the median multiple of the default's in the same studies."""
    by_way = {
        way: np.concatenate([studies for (its, _), studies in found.items() if its == way] or [[]])
        for way in WAYS
    }
    default, cells = by_way["both"], []
    for studies in by_way.values():
        if not len(studies):
            cells.append(" |")
            continue
        times = f" · {np.median(studies[:, 1] / default[:, 1]):.2f}" if len(default) else ""
        cells.append(f" {studies[:, 2].mean():.1%}{times} |")
    return f"| {part.model} | {part.n:,} |{''.join(cells)}"


def from_one_set(schemes: dict[str, Losses], rng: np.random.Generator) -> dict[str, list[Estimate]]:
    """Each way's estimates of all arms' changes, from one set: losses of shape (replicas, points).

    Of the samples and retrainings there are, `both` takes as many as it needs.
    """
    tables: dict[str, list[Floats]] = {}
    for scheme, losses in schemes.items():
        seeds = 2 if scheme == TWICE else 1
        own = [each.reshape(-1, seeds, each.shape[-1]) for each in losses.values()]
        tables[scheme] = [each - own[0] for each in own[1:]]
    found = {
        scheme: [(table.mean(), spread(table, "total")) for table in tables[scheme]]
        for scheme in tables
        if scheme != TWICE
    }
    for way, (scheme, few) in BOTH_WAYS.items():
        if scheme in tables and "whole" in tables:
            drawn = _some(tables[scheme], few, rng)
            pairs = zip(drawn, _some(tables["whole"], few, rng), strict=True)
            found[way] = [(w.mean(), joined(d, w, crossed=False)) for d, w in pairs]
    return {
        way: [student(float(value), own, 0.95) for value, own in each]
        for way, each in found.items()
    }


def _some(tables: list[Floats], few: int, rng: np.random.Generator) -> list[Floats]:
    """The same few replicas, or samples, of every arm."""
    chosen = rng.permutation(len(tables[0]))[:few]
    return [table[chosen] for table in tables]


def here_row(part: Part, whole: Losses) -> str:
    """How often the interval for training on these data holds the change that other seeds show.

    Of each set's five retrainings a study has three, and three fifths of the images; the truth is
    that of the other two and of the other images, shortened as in `coverage`.
    """
    first, *others = whole
    seeds, points = whole[first].shape[1:]
    rng, held, few = np.random.default_rng(0), [], 3
    for _ in range(STUDIED * DRAWS):
        number, order = rng.integers(STUDIED), rng.permutation(seeds)
        seen = np.isin(np.arange(points), rng.permutation(points)[: points * few // seeds])
        for name in others:
            change = (whole[name] - whole[first])[number][order]
            table = change[:few, None, seen]
            true = float(change[few:, ~seen].mean())
            reach = spread(table, "total").reach(0.95)
            held.append(abs(float(table.mean()) - true) * np.sqrt(1 - few / seeds) <= reach)
    return f"| {part.model} | {part.n:,} | {np.mean(held):.1%} |"


def spread_rows(part: Part, schemes: dict[str, Losses], own: Losses) -> list[str]:
    """The standard deviation of a change between retrainings on the whole, bootstrap samples and
    fresh sets, a seed each."""
    first, *others = own
    each_way = [
        schemes["whole"],
        schemes["bootstrap"],
        {name: own[name][None, :, 0] for name in own},
    ]
    rows = []
    for name in others:
        changes = [(losses[name] - losses[first]).mean(2) for losses in each_way]
        cells = [f" {np.sqrt(change.var(1, ddof=1).mean()):.4f} |" for change in changes]
        rows.append(f"| {part.model} | {part.n:,} | {name} |{''.join(cells)}")
    return rows
