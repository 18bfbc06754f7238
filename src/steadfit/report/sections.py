"""What the page says, section by section, as plain values: no markup here, no words there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from steadfit.analysis.terms import Loss, Scheme, Verdict
from steadfit.report import wording

if TYPE_CHECKING:
    from steadfit.analysis.result import Analysis, ArmAnalysis
    from steadfit.study.result import StudyResult

SHOWN_MISTAKES = 6
FACTS = {
    "epochs": "epochs",
    "steps": "steps",
    "clipped": "steps clipped",
    "gradient_norm": "gradient norm, median",
    "zero_weights": "weights at zero",
}
SHARES = ("clipped", "zero_weights")
SCHEMES: Mapping[Scheme, str] = {
    Scheme.BOTH: "{train} examples drawn from the {train} training examples with replacement",
    Scheme.BOOTSTRAP: "{train} examples drawn from the {train} training examples with "
    "replacement, so that each replica sees about 63% of them",
    Scheme.SUBSAMPLE: "a part of the {train} training examples, drawn without replacement",
    Scheme.DISJOINT: "its own part of the {train} training examples, which no other sample shares",
    Scheme.WHOLE: "all {train} training examples, so that only seeds differ",
}


@dataclass(frozen=True)
class Grid:
    """A table: the first cell of a row heads it.

    words: columns of text, the others being figures. spare: columns that a narrow screen does
    without. verdicts: a word a row, which a narrow screen shows below the row's last cell.
    """

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: tuple[int, ...] = (0,)
    spare: tuple[int, ...] = ()
    verdicts: tuple[str, ...] = ()


def headline(found: Analysis) -> str:
    """One sentence: what share of the error is variance, and what helps by how much."""
    loss, words = found.decides, wording.LOSSES[found.decides].name
    first = found.baseline
    if loss not in first.losses:
        name = wording.printable(first.name)
        return f"{name} failed, so there is nothing to compare the remedies with."
    total = first.losses[loss].total
    share = first.losses[loss].variance / total if total > 0 else 0.0
    start = f"{wording.percent(min(max(share, 0), 1))} of the {words} is variance"
    best = found.arm(found.best)
    if len(found.arms) == 1:
        return start + "."
    if not best.verdict.helps:
        return f"{start}; no remedy was shown to lower it."
    fall = wording.percent(-best.changes[loss].value / total)
    here = " when trained on these data" if best.verdict is Verdict.BETTER_HERE else ""
    return f"{start}; {wording.printable(best.name)} lowers the {words} by {fall}{here}."


def losses(found: Analysis, loss: Loss) -> Grid:
    """The arms under one loss: its parts, the change, and for the deciding loss the verdict."""
    decides = loss == found.decides
    with_errors = decides and loss is not Loss.ZERO_ONE and wording.has_errors(found)
    scale = 100 if loss is Loss.ZERO_ONE else 1
    errors = wording.error_decimals(found)
    decimals = errors + 1 if loss is Loss.ZERO_ONE else wording.loss_decimals(found, loss)

    def row(arm: ArmAnalysis) -> tuple[str, ...]:
        error = arm.losses.get(Loss.ZERO_ONE)
        part = arm.losses.get(loss)
        change = arm.changes.get(loss)
        cells = [wording.printable(arm.name)]
        if with_errors:
            cells.append(wording.number(100 * error.total, errors) if error else wording.UNKNOWN)
        cells += (
            [
                wording.number(scale * value, decimals)
                for value in (part.total, part.bias_noise, part.variance)
            ]
            if part
            else [wording.UNKNOWN] * 3
        )
        cells.append(_unbroken(wording.interval(change, decimals, scale)) if change else "")
        return tuple(cells)

    total = "error %" if loss is Loss.ZERO_ONE else wording.LOSSES[loss].name
    headings = (
        "arm",
        *(("error %",) if with_errors else ()),
        total,
        "bias+noise",
        "variance",
        f"change ({wording.level(found)} interval)",
    )
    verdicts = tuple(wording.VERDICTS[arm.verdict] for arm in found.arms)
    return Grid(
        headings,
        tuple(map(row, found.arms)),
        spare=(2, 3) if with_errors else (2,),
        verdicts=verdicts if decides else (),
    )


def note(loss: Loss) -> str:
    """What the table of another loss says, and in which unit."""
    if loss is Loss.ZERO_ONE:
        return (
            "Errors in percent of the test points. Variance: the points that disagreement between "
            "retrainings adds (net variance, Domingos 2000); it can be below zero."
        )
    words = wording.LOSSES[loss]
    return f"{words.name.capitalize()} = bias+noise + variance, in {words.unit}."


def facts(result: StudyResult, seconds: Mapping[str, float]) -> Grid:
    """Figures from inside the training: the known facts that any arm has, and the time."""
    arms = result.analysis.arms
    names = [name for name in FACTS if any(name in arm.facts for arm in arms)]

    def cell(arm: ArmAnalysis, name: str) -> str:
        if name not in arm.facts:
            return wording.UNKNOWN
        value = arm.facts[name]
        return wording.percent(value, 1) if name in SHARES else wording.quantity(value)

    rows = tuple(
        (
            wording.printable(arm.name),
            f"{result.arm(arm.name).parameters:,}",
            *(cell(arm, name) for name in names),
            wording.quantity(seconds[arm.name]) if arm.name in seconds else wording.UNKNOWN,
        )
        for arm in arms
    )
    return Grid(("arm", "weights", *(FACTS[name] for name in names), "seconds a replica"), rows)


def scheme(result: StudyResult) -> str:
    """What the figures stand for: which samples, of which size, tested on what."""
    data, plan = result.data, result.analysis.sampling
    drawn = SCHEMES[plan.scheme].format(train=f"{data.train:,}")
    whole = (
        f" Totals and changes are of the replicas on all {data.train:,} training examples. A "
        "change’s interval is for its mean over training sets of that size; the word “here” says "
        "that it was shown for training on these data, and not for others."
        if plan.whole
        else ""
    )
    return (
        f"{wording.design(result.analysis)}, each arm on the same samples with the same seeds, so "
        f"that arms are compared in pairs. Each sample is {drawn}. The variance is that of "
        f"training again on such a sample with another seed, measured at {data.test:,} test points "
        "that no replica was trained on; it says nothing of training sets of another size."
        f"{whole} Noise in the labels cannot be told from bias, hence bias+noise."
    )


def differences(settings: Mapping[str, Any], baseline: Mapping[str, Any]) -> tuple[str, ...]:
    """The settings in which an arm differs, as "training.clip: none → 1.0"."""
    ours, theirs = (dict(_flat(each)) for each in (settings, baseline))
    return tuple(
        f"{name}: {_setting(theirs, name)} → {_setting(ours, name)}"
        for name in sorted(ours | theirs)
        if _setting(ours, name) != _setting(theirs, name)
    )


def mistakes(shares_KK: np.ndarray, classes: Sequence[str]) -> Grid:
    """The most frequent mistakes, the most frequent first."""
    wrong = np.nan_to_num(shares_KK, nan=0.0)
    np.fill_diagonal(wrong, 0.0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:SHOWN_MISTAKES]
    pairs = [
        (int(true), int(taken))
        for true, taken in np.transpose(np.unravel_index(order, wrong.shape))
    ]
    rows = tuple(
        (classes[true], classes[taken], wording.percent(wrong[true, taken], 1))
        for true, taken in pairs
        if wrong[true, taken] > 0
    )
    return Grid(("true class", "taken for", "share"), rows, (0, 1))


def _unbroken(interval: str) -> str:
    """The interval with no line break between its ends."""
    return interval.replace(", ", "," + wording.NO_BREAK)


def _flat(settings: Mapping[str, Any], above: str = "") -> Iterable[tuple[str, object]]:
    """Nested settings as dotted names, without those that are not set."""
    for name, value in settings.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{name}.")
        elif value is not None:
            yield above + name, value


def _setting(settings: Mapping[str, object], name: str) -> str:
    unset = "default" if name.startswith("model.settings.") else "none"
    return json.dumps(settings[name]) if name in settings else unset
