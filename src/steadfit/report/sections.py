"""What the page says, section by section, as plain values: no markup here, no words there."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from steadfit.analysis.terms import Loss
from steadfit.report import numbers, wording

if TYPE_CHECKING:
    from steadfit.analysis.label_scores import LabelScores
    from steadfit.analysis.result import Analysis, ArmAnalysis, EnsembleAnalysis, ReferenceAnalysis
    from steadfit.study.result import StudyResult

SHOWN_MISTAKES = 6
FACTS = {
    "epochs": "epochs",
    "steps": "steps",
    "clipped": "steps clipped",
    "gradient_norm": "gradient norm, median",
    "zero_weights": "weights at zero",
    "unknown_tokens": "unknown tokens in the test texts",
}
SHARES = ("clipped", "zero_weights", "unknown_tokens")


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


def arms(found: Analysis) -> Grid:
    """Every arm: error, the deciding measure, its change, the chance that it is better, its word;
    below them averages of retrainings and the reference models."""
    measure = found.decides
    base = found.baseline.totals.get(measure, 0.0)
    told = wording.told(found)
    # of the two, the one that a narrow screen does without
    hidden = measure if measure in wording.HARD_TO_READ else told[0] if told else ""

    def totals(row: ArmAnalysis | EnsembleAnalysis | ReferenceAnalysis) -> list[str]:
        return [wording.total(row.totals, one, found) for one in told]

    def row(arm: ArmAnalysis) -> tuple[str, ...]:
        change = arm.changes.get(measure)
        return (
            wording.printable(arm.name),
            *totals(arm),
            _unbroken(numbers.relative(change, base)) if change else "",
            numbers.chance(arm.changes[arm.judged_by].chance_better) if arm.judged_by else "",
        )

    headings = (
        "arm",
        *(wording.heading(one) for one in told),
        f"change ({wording.level(found)})",
        "chance better",
    )
    references = ((one.name, *totals(one), "", "") for one in found.references)
    ensembles = (
        (
            wording.printable(one.name),
            *totals(one),
            _unbroken(numbers.relative(one.changes[measure], base)),
            "",
        )
        for one in found.ensembles
    )
    return Grid(
        headings,
        (*map(row, found.arms), *ensembles, *references),
        spare=(1 + told.index(hidden),) if len(told) > 1 else (),
        verdicts=(
            *(wording.VERDICTS[arm.verdict] for arm in found.arms),
            *("average" for _ in found.ensembles),
            *("reference" for _ in found.references),
        ),
    )


def race(result: StudyResult) -> Grid | None:
    """The candidates of a race, those that got furthest first; None where there was none."""
    if result.race is None:
        return None
    measure = result.analysis.decides
    rows = (
        (
            wording.printable(one.name),
            str(one.folds),
            numbers.UNKNOWN if one.loss is None else wording.figure(one.loss, measure),
        )
        for one in result.race.racers
    )
    return Grid(("candidate", "folds", wording.heading(measure)), tuple(rows))


def measures(found: Analysis) -> Grid:
    """Every arm and reference by the measures that do not decide, with the changes."""
    others = [
        one
        for one in dict.fromkeys(name for arm in found.arms for name in arm.totals)
        if one != found.decides
    ]

    def cell(arm: ArmAnalysis, one: str) -> str:
        total, change = wording.total(arm.totals, one, found), arm.changes.get(one)
        if change is None:
            return total
        relative = numbers.relative(change, found.baseline.totals[one])
        if relative == numbers.UNKNOWN:
            return total
        return f"{total} ({relative.replace(' ', numbers.NO_BREAK)})"

    rows = (
        *((wording.printable(a.name), *(cell(a, one) for one in others)) for a in found.arms),
        *(
            (r.name, *(wording.total(r.totals, one, found) for one in others))
            for r in found.references
        ),
    )
    return Grid(("arm", *map(wording.heading, others)), rows)


def gap(found: Analysis) -> Grid:
    """Every arm's loss and error on its own training examples and at the test points.

    Without rows where no arm knows its own examples.
    """
    known = [arm for arm in found.arms if "train_eval_loss" in arm.facts and arm.totals]
    errors = any("train_eval_error" in arm.facts for arm in known)
    losses = (Loss.CROSS_ENTROPY, Loss.BINARY_CROSS_ENTROPY, Loss.SQUARED)
    error = wording.errors_of(found)
    loss = next((one for one in losses if known and one in known[0].totals), losses[0])

    def row(arm: ArmAnalysis) -> tuple[str, ...]:
        own, test = arm.facts["train_eval_loss"], arm.totals[loss]
        decimals = wording.measure_decimals(found, loss)
        cells = (
            numbers.number(own, decimals),
            wording.total(arm.totals, loss, found),
            numbers.number(test - own, decimals, sign=True),
        )
        if not errors or error is None:
            return (wording.printable(arm.name), *cells)
        own_error = {error: arm.facts["train_eval_error"]}
        both = (wording.total(each, error, found) for each in (own_error, arm.totals))
        return (wording.printable(arm.name), *cells, *both)

    headings = ("arm", f"training {wording.heading(loss)}", "test", "gap")
    more = (f"training {wording.heading(error)}", "test") if errors and error is not None else ()
    return Grid((*headings, *more), tuple(map(row, known)), spare=(4, 5) if more else ())


def variances(found: Analysis, loss: Loss) -> Grid:
    """The arms whose variance was measured, under one loss: its parts, and what changes."""
    scale = wording.scale_of(loss)
    decimals = wording.parts_decimals(found, loss)
    rows = []
    for arm in found.arms:
        if arm.variance is None or loss not in arm.variance.losses:
            continue
        part = arm.variance.losses[loss]
        change = arm.variance.changes.get(loss)
        cells = [
            numbers.number(scale * value, decimals)
            for value in (part.total, part.bias_noise, part.variance)
        ]
        shown = _unbroken(numbers.interval(change, decimals, scale)) if change else ""
        rows.append((wording.printable(arm.name), *cells, shown))
    changed = any(row[-1] for row in rows)
    headings = ("arm", wording.heading(loss), "bias+noise", "variance")
    if changed:
        return Grid((*headings, f"change of the variance ({wording.level(found)})"), tuple(rows))
    return Grid(headings, tuple(row[:-1] for row in rows))


def note(loss: Loss) -> str:
    """What the table of a loss's parts says, and in which unit."""
    if loss is Loss.ZERO_ONE:
        return (
            "Errors in percent of the test points. Variance: the points that disagreement between "
            "retrainings adds (net variance, Domingos 2000); it can be below zero."
        )
    words = wording.words_of(loss)
    return f"{wording.capital(words.name)} = bias+noise + variance, in {words.unit}."


def facts(result: StudyResult, seconds: Mapping[str, float]) -> Grid:
    """Figures from inside the training: the known facts that any arm has, and the time."""
    arms = result.analysis.arms
    names = [name for name in FACTS if any(name in arm.facts for arm in arms)]
    weights = any(arm.parameters for arm in result.arms)  # a training function tells of none

    def cell(arm: ArmAnalysis, name: str) -> str:
        if name not in arm.facts:
            return numbers.UNKNOWN
        value = arm.facts[name]
        return numbers.percent(value, 1) if name in SHARES else numbers.quantity(value)

    rows = tuple(
        (
            wording.printable(arm.name),
            *((f"{result.arm(arm.name).parameters:,}",) if weights else ()),
            *(cell(arm, name) for name in names),
            numbers.quantity(seconds[arm.name]) if arm.name in seconds else numbers.UNKNOWN,
        )
        for arm in arms
    )
    heads = ("arm", *(("weights",) if weights else ()), *(FACTS[name] for name in names))
    return Grid((*heads, "seconds a replica"), rows)


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
        (classes[true], classes[taken], numbers.percent(wrong[true, taken], 1))
        for true, taken in pairs
        if wrong[true, taken] > 0
    )
    return Grid(("true class", "taken for", "share"), rows, (0, 1))


def labels(found: LabelScores, most: int) -> Grid:
    """How well each label is found, the worst first: so many, and how many more there are."""
    order = sorted(found.labels, key=lambda one: one.f1 if one.points else 1.0)
    rows = [
        (
            wording.visible(one.name),
            f"{one.points:,}",
            numbers.percent(one.right / one.points if one.points else math.nan, 1),
            numbers.percent(one.right / one.said if one.said else math.nan, 1),
            numbers.quantity(one.f1) if one.points else numbers.UNKNOWN,
        )
        for one in order[:most]
    ]
    more = len(order) - len(rows)
    rows += [(f"and {more:,} with a higher F1", "", "", "", "")] if more else []
    return Grid(("label", "test points", "found", "of those said, right", "F1"), tuple(rows))


def _unbroken(interval: str) -> str:
    """The interval with no line break between its ends."""
    return interval.replace(", ", "," + numbers.NO_BREAK)


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
