"""What a study says in sentences, and which arm is best."""

from collections.abc import Sequence

from steadfit.study.design import BASELINE, Design
from steadfit.study.result import ArmResult, Interval, Loss, Parts
from steadfit.training import HALVED

_LOSS_NAMES = {
    "cross_entropy": "cross-entropy",
    "brier": "Brier score",
    "squared": "squared error",
}
_UNITS = {"cross_entropy": " nats", "brier": "", "squared": ""}


def best_arm(arms: Sequence[ArmResult], loss: Loss) -> str:
    """The arm with the least total among those found better; the baseline where there is none.

    The total decides, never the variance alone: a net that underfits has little variance too.
    """
    helping = [arm for arm in arms if arm.helps]
    if helping:
        return min(helping, key=lambda arm: arm.losses[loss].total).name
    whole = [arm for arm in arms if arm.losses]
    return BASELINE if arms[0].losses or not whole else whole[0].name


def joined_remedy(arms: Sequence[ArmResult], loss: Loss) -> str | None:
    """The remedies found better, joined for a second round; None where there are not two.

    A remedy that comes twice (at two strengths) is taken at the strength with the lower loss.
    """
    chosen: dict[str, tuple[float, str]] = {}
    for arm in arms:
        if arm.helps and "+" not in arm.name:
            change = arm.changes[loss].value
            word = arm.name.partition("=")[0]
            chosen[word] = min(chosen.get(word, (change, arm.name)), (change, arm.name))
    names = [name for _, name in chosen.values()]
    return "+".join(names) if len(names) > 1 else None


def sentences(arms: Sequence[ArmResult], design: Design, loss: Loss, best: str) -> tuple[str, ...]:
    """The verdict in sentences, each true by itself."""
    baseline = arms[0]
    said = []
    if baseline.losses:
        said.append(_how_much_is_variance(baseline, loss))
        if baseline.components is not None:
            said.append(_where_it_comes_from(baseline))
    else:
        said.append(f"The baseline failed, so nothing can be compared with it: {baseline.failure}")
    shown = ("better", "worse", "better here", "worse here")
    said += [_about(arm, loss) for arm in arms[1:] if arm.verdict in shown]
    undecided = [arm.name for arm in arms if arm.verdict == "no difference shown"]
    if undecided and baseline.losses:
        said.append(
            f"No difference shown for {_listed(undecided)}: the interval of the change holds 0, or "
            "would by chance in so many comparisons."
        )
    if baseline.losses and (undecided or any(arm.verdict.endswith(" here") for arm in arms)):
        said.append(_what_narrows(design))
    said += [f"{arm.name} failed: {arm.failure}" for arm in arms[1:] if arm.verdict == "failed"]
    said += _about_memory(arms)
    said.append(_handed_over(best, baseline))
    said.append(_what_it_stands_for(design))
    return tuple(said)


def _how_much_is_variance(arm: ArmResult, loss: Loss) -> str:
    parts = arm.losses[loss]
    share = max(parts.variance / parts.total, 0.0) if parts.total > 0 else 0.0
    limit = "Variance-limited" if share >= 0.5 else "Not variance-limited"
    text = f"{limit}: {share:.0%} of the baseline's {_LOSS_NAMES[loss]} is variance."
    if "zero_one" in arm.losses:
        text += " " + _errors_from_variance(arm.losses["zero_one"])
    return text


def _errors_from_variance(error: Parts) -> str:
    if error.variance < 0:  # Domingos's net variance: disagreement where most are wrong helps
        return (
            f"There are {100 * error.total:.1f}% errors; {-100 * error.variance:.1f} points more "
            "would be made if retrainings did not disagree where most are wrong."
        )
    return (
        f"Of the {100 * error.total:.1f}% errors, {100 * error.variance:.1f} points are "
        "disagreement between retrainings."
    )


def _where_it_comes_from(arm: ArmResult) -> str:
    found = arm.components
    assert found is not None
    # An unbiased estimate can be below zero; the table shows it as it is, a share in words cannot.
    parts = found.sample, found.seed, found.interaction or 0.0
    sample, seed, both = (max(part, 0.0) for part in parts)
    total = sample + seed + both
    if total <= 0:
        return "The retrainings hardly differ, so the variance has no source to be named."
    text = f"Of the variance, {sample / total:.0%} comes with the training sample"
    if found.interaction is None:
        return f"{text} and {seed / total:.0%} with the seed."
    return (
        f"{text}, {seed / total:.0%} with the seed, and {both / total:.0%} with the two together."
    )


def _about(arm: ArmResult, loss: Loss) -> str:
    change = arm.changes[loss]
    way = "lowers" if change.value < 0 else "raises"
    text = f"{arm.name} {way} the {_LOSS_NAMES[loss]} by {abs(change.value):.3g}{_UNITS[loss]}"
    if arm.verdict.endswith(" here") and loss in arm.changes_here:
        text += (
            f" when trained on these data ({_signed(arm.changes_here[loss])}); over training sets "
            f"of this size, all arms considered, that is not shown ({_signed(change)})"
        )
    else:
        text += f" ({_amounts(change)})"
    if loss in arm.variance_changes:
        part = arm.variance_changes[loss].value
        rest = change.value - part
        text += f"; {part:+.3g} of the change is variance, {rest:+.3g} bias and noise"
    return text.replace("-", "−").replace("cross−entropy", "cross-entropy") + "."


def _amounts(change: Interval) -> str:
    """The interval of a change whose sign is said in words."""
    low, high = sorted((abs(change.low), abs(change.high)))
    return f"95% interval {low:.3g} to {high:.3g}"


def _signed(change: Interval) -> str:
    return f"95% interval of the change {change.low:+.3g} to {change.high:+.3g}"


def _about_memory(arms: Sequence[ArmResult]) -> list[str]:
    halved = {arm.name: arm.facts["halvings"] for arm in arms if "halvings" in arm.facts}
    if not halved:
        return []
    return [
        f"Memory was too small for the batches of {_listed(list(halved))}: they were halved, "
        f"{max(halved.values()):.2g} times in an arm's mean at most, {HALVED}"
    ]


def _handed_over(best: str, baseline: ArmResult) -> str:
    if best == baseline.name:
        return "No remedy was shown to be better, so the model handed over is the baseline."
    return f"Best: {best}. It was chosen on these test points, which flatters its figure a little."


def _what_narrows(design: Design) -> str:
    if design.scheme != "both":
        return "More samples narrow the intervals (--samples, or --precision)."
    more = (
        "more samples narrow the seeds' part of the intervals (--samples), and the rest more data"
    )
    if design.seeds > 1:
        return f"{more.capitalize()}."
    return (
        "Two seeds on each sample (--seeds 2) show more closely what another training set would "
        f"change, which shortens most intervals; {more}."
    )


def _what_it_stands_for(design: Design) -> str:
    if design.scheme == "whole":
        return (
            f"Variance is over {design.samples} retrainings on all the training data, with a seed "
            "for each: what another training sample would change is not in it. Changes and their "
            "intervals stand for training on these data."
        )
    drawn = "each drawn from the training data with replacement, as many as there are"
    scheme = {
        "both": drawn,
        "bootstrap": f"{drawn} "
        "(it holds about 63% of the distinct examples: changes and their intervals stand for such "
        "samples, and on all the training data a small one can have the other sign; --scheme both "
        "measures it there)",
        "subsample": "each a random half of the training data, so the figures hold at that size",
        "disjoint": "disjoint parts of the training data, so the figures hold at the parts' size",
    }[design.scheme]
    seeds = (
        f"the same {design.seeds} seeds on each"
        if design.crossed
        else f"{design.seeds} seeds for each"
        if design.seeds > 1
        else "a seed for each (--seeds 2 tells the two apart)"
    )
    text = f"Variance is over {design.samples} training samples, {scheme}, and {seeds}."
    if design.scheme == "both":
        text += (
            f" Totals and changes are of {design.whole} retrainings on all the training data; "
            "the intervals are for the mean change over training sets of this size, the word "
            "“here” for training on these data alone."
        )
    return text


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
