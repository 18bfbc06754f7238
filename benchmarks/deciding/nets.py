"""How often a study is right about real nets, where the truth is known: warped digits.

    python benchmarks/deciding/nets.py [--nets mlp convnet gru] [--sets 100]

Each set of 125, 359 or 1,000 fresh warped digits is a study of its own: a baseline and seven arms,
up to three repetitions of five folds, judged look by look by `steadfit.analysis`. The nets are
small, and trained many at once (`small_nets`): it is the judging that is looked at.

The truth for a set is what a study's interval is for: an arm's mean change over folds, seeds and
fresh points for training on this set. Further repetitions measure it, each on 1,000 fresh points;
it is then drawn towards the mean over all sets as far as their spread is chance. What stays unsure
of it makes a right interval miss a little more often. The arms `null` are the baseline with other
seeds, and their truth is exactly 0. `floor` changes the baseline's predictions, 1% of each into a
guess, which matters at the few points that are wrong and sure.

Tables by net and points, an arm a column: the true change; coverage of the 95% interval, by the
measure that gave the word, as the study ended, and of the cross-entropy after one and after three
repetitions, of the set's own truth and of the mean over all sets; what a right interval would show;
the length after three, as a multiple of one with a known standard error.
Then words, chances and choices.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from fresh_sets import BASELINE, fresh_sets
from scipy.special import ndtr
from small_nets import NETS
from studied import ARMS, BOUNDED, DECIDES, JOINED, LOOKS, NULLS, OTHERS, Studied, study

from steadfit.analysis.comparison import Change
from steadfit.analysis.jackknife import Floats
from steadfit.analysis.terms import Verdict

SIZES = {125: 16, 359: 9, 1_000: 5}  # points, and the epochs of the baseline
CHANCES = (0.0, 0.05, 0.2, 0.5, 0.8, 0.95, 1.0)


def held(changes: Sequence[Change], true: Floats) -> float:
    """How often the interval holds the truth."""
    return float(np.mean([one.low <= t <= one.high for one, t in zip(changes, true, strict=True)]))


def length(changes: Sequence[Change], true: Floats) -> float:
    """As a multiple of what a known standard error would allow."""
    errors = np.array([one.value for one in changes]) - true
    known = 2 * 1.96 * np.sqrt(np.square(errors).mean())
    return float(np.mean([one.high - one.low for one in changes]) / known)


def true_change(of: Studied, name: str) -> str:
    baseline = np.mean([one.seen[DECIDES][BASELINE.name].mean() for one in of.sets])
    return f"{of.truth(name).values.mean() / baseline:+.1%}"


def coverage_ended(of: Studied, name: str) -> str:
    return f"{held(*of.judged(name)):.0%}"


def coverage_after(of: Studied, name: str) -> str:
    true = of.truth(name).values
    return " · ".join(f"{held(of.changes(name, count), true):.0%}" for count in LOOKS)


def against_mean(of: Studied, name: str) -> str:
    true = np.full(len(of.sets), of.truth(name).values.mean())
    return f"{held(of.changes(name, LOOKS[-1]), true):.0%}"


def length_after(of: Studied, name: str) -> str:
    return f"{length(of.changes(name, LOOKS[-1]), of.truth(name).values):.2f}"


def to_expect(of: Studied, name: str) -> str:
    """The coverage of a right interval, as the truth is not quite known."""
    variance = np.mean([one.error**2 for one in of.changes(name, LOOKS[-1])])
    return f"{2 * ndtr(1.96 / np.sqrt(1 + of.truth(name).variance / variance)) - 1:.0%}"


def bounded(of: Studied, name: str) -> str:
    return f"{np.mean([found.arm(name).judged_by == BOUNDED for found in of.ended]):.0%}"


def called_better(of: Studied, name: str) -> str:
    return f"{np.mean([found.arm(name).verdict is Verdict.BETTER for found in of.ended]):.0%}"


def repetitions(of: Studied, name: str) -> str:
    return f"{np.mean([found.arm(name).repetitions for found in of.ended]):.2f}"


BY_ARM = {
    "True change of the cross-entropy": true_change,
    "Coverage, by the measure that gave the word, as the study ended": coverage_ended,
    "Coverage of the cross-entropy after 1 · 2 · 3 repetitions": coverage_after,
    "The same after 3, of the mean over all sets": against_mean,
    "Length after 3, times that with a known standard error": length_after,
    "Coverage to expect after 3 of a right interval, as the truth is not quite known": to_expect,
    "Word by the bounded measure": bounded,
    "Called better": called_better,
    "Repetitions": repetitions,
}


def print_by_arm(found: Sequence[Studied]) -> None:
    for title, cell in BY_ARM.items():
        print(f"\n{title}\n\n| net | points | {' | '.join(ARMS)} |")
        print(f"| --- | ---: |{' ---: |' * len(ARMS)}")
        for of in found:
            print(f"| {of.net} | {of.size:,} | {' | '.join(cell(of, name) for name in ARMS)} |")


def print_nulls(of: Studied) -> None:
    """A study of five arms that change nothing, with all looks and the second round."""
    names = [arm.name for arm in NULLS[:-1]]
    if JOINED not in of.sets[0].logits:
        return
    studies = [study(one, names, JOINED) for one in of.sets]
    false = [any(a.verdict is Verdict.BETTER for a in one.arms) for one in studies]
    arms = [one.arm(name) for one in studies for name in names]
    chances = np.array([one.changes[one.judged_by].chance_better for one in arms])
    by_bounded = np.mean([one.judged_by == BOUNDED for one in arms])
    handed = np.mean([one.best == BASELINE.name for one in studies])
    print(
        f"| {of.net} | {of.size:,} | {np.mean(false):.1%} | {np.mean(chances > 0.95):.1%} | "
        f"{np.mean(chances > 0.9):.1%} | {np.mean(chances < 0.05):.1%} | {by_bounded:.0%} | "
        f"{handed:.0%} |",
        flush=True,
    )


def print_chances(found: Sequence[Studied]) -> None:
    """How often a change is truly below 0, by the chance of that that the study gave."""
    said, below = [], []
    for of in found:
        for name in ARMS[1:]:
            changes, true = of.judged(name)
            said += [one.chance_better for one in changes]
            below += (true < 0).tolist()
    place = np.digitize(said, CHANCES[1:-1])
    print("\n| chance given | arms | mean chance | truly better |\n| --- | ---: | ---: | ---: |")
    for number, (low, high) in enumerate(pairwise(CHANCES)):
        inside = place == number
        print(
            f"| {low:.0%} to {high:.0%} | {inside.sum():,} | {np.mean(np.array(said)[inside]):.0%} "
            f"| {np.mean(np.array(below)[inside]):.0%} |"
        )


def print_regrets(found: Sequence[Studied]) -> None:
    """Of what is handed over, in standard errors of a change, the median over arms and sets."""
    print("\n| arms | net | points | the rule | Holm's gate | baseline always |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    for what, names in (("all", ARMS), ("those that harm", ("smaller", "hurried"))):
        for of in found:
            true = {name: of.truth(name).values for name in names}
            true[BASELINE.name] = np.zeros(len(of.sets))
            error = np.median([one.error for name in names for one in of.changes(name, LOOKS[-1])])
            regrets = []
            for number, one in enumerate(of.sets):
                ended = of.ended[number] if names is ARMS else study(one, names)
                better = [arm for arm in ended.arms if arm.verdict is Verdict.BETTER]
                gated = min(better, key=lambda arm: arm.totals[DECIDES], default=ended.baseline)
                least = min(values[number] for values in true.values())
                choices = ended.best, gated.name, BASELINE.name
                regrets.append([true[choice][number] - least for choice in choices])
            means = " | ".join(f"{value / error:.2f}" for value in np.mean(regrets, 0))
            print(f"| {what} | {of.net} | {of.size:,} | {means} |")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nets", nargs="+", choices=list(NETS), default=list(NETS))
    parser.add_argument("--sizes", type=int, nargs="+", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--sets", type=int, default=100, help="for each net and number of points")
    parser.add_argument("--seed", type=int, default=1, help="other sets")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    found = []
    for number, name in enumerate(asked.nets):
        nulls = NULLS if name == "mlp" else NULLS[:1]
        for size in asked.sizes:
            began = time.process_time()
            seed = (asked.seed, number, size)
            sets = list(
                fresh_sets(NETS[name], size, SIZES[size], asked.sets, (*nulls, *OTHERS), seed)
            )
            found.append(Studied(name, size, sets))
            seconds = time.process_time() - began
            print(f"{name}, {size:,} points: {seconds:.0f} s", file=sys.stderr, flush=True)
    print_by_arm(found)
    print(
        "\n| net | points | any false better | chance > 95% | > 90% | < 5% | by Brier | baseline |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for of in found:
        print_nulls(of)
    print_chances(found)
    print_regrets(found)


if __name__ == "__main__":
    main()
