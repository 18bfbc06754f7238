"""The word for each arm, and which arms are worth another repetition.

**Looks.** A study looks at its arms after some repetitions, and again after more. A fifth of the
error probability that is allowed in all is spent at the first look, when there are few replicas,
and the rest in equal parts at the later ones, so that their sum bounds the chance of a false word
however the looks depend on one another (Lan and DeMets 1983; here Bonferroni's bound, as the looks
share their test points).

**Words.** *Better*: at a look, one-sided, by Holm's correction over all arms of the family; the
chance of even one false *better* in a study is at most 5%. *Probably better*: a chance of 90% and
more, without a correction. *Worse*: a chance of 5% and less, without one too, as nobody trains an
arm for that word. Else *cannot tell*.

No arm is called better while five points carry over `TOO_FEW` of its change, however sure the
interval is: where most points gain a little and few lose a lot, it is chance how many of the few
are there, and the points at hand cannot tell. Of 125 points with 2% such ones a study of five arms
without effect called one better in 25% of cases (benchmarks/deciding/tails.py).

An arm is not trained again once it is better, once its chance of being so is below 20%, or where
another look would shorten its interval by less than a tenth. In the last case it may spend at once
what was kept for the later looks: how long an interval is says nothing of the sign of a change. An
arm that stopped stays in Holm's family: leaving it out would make the others' words too easy.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from steadfit.analysis.comparison import Change, PointLosses, change
from steadfit.analysis.terms import Verdict

HOPELESS = 0.2
PROBABLY = 0.9
WORSE = 0.05
FIRST = 0.2  # of the level, spent at the first look of several
TOO_FEW = 0.35  # of a change, carried by five points: nobody can say that it is better
WORTH = 0.9  # an interval must become shorter than this share of itself


@dataclass(frozen=True)
class Looks:
    """repetitions: after how many each look is. level: the chance of a false word in all."""

    repetitions: tuple[int, ...]
    level: float = 0.05

    def level_at(self, number: int) -> float:
        """What is spent at look `number`, from 0.

        >>> [round(Looks((1, 2, 3)).level_at(number), 3) for number in range(3)]
        [0.01, 0.02, 0.02]
        """
        later = len(self.repetitions) - 1
        if not later:
            return self.level
        return self.level * (FIRST if number == 0 else (1 - FIRST) / later)

    def left_at(self, number: int) -> float:
        """What is not spent before look `number`."""
        return self.level - sum(self.level_at(before) for before in range(number))


@dataclass(frozen=True)
class Decision:
    """An arm's word, the change at its last look, and whether another look is worth its cost."""

    word: Verdict
    change: Change
    goes_on: bool


@dataclass
class _State:
    """An arm from look to look."""

    losses: PointLosses
    baseline: PointLosses
    change: Change
    word: Verdict = Verdict.CANNOT_TELL
    active: bool = True


def decide(
    pairs: Sequence[tuple[PointLosses, PointLosses]], looks: Looks, level: float = 0.95
) -> tuple[Decision, ...]:
    """One decision an arm, from as many looks as its repetitions allow.

    pairs: of one family, each arm and the baseline by the same measure. An arm has the repetitions
    that it was trained for, those of the first look at least; the baseline as many or more.
    level: of the changes' intervals.
    """
    first = looks.repetitions[0]
    states = [_State(*pair, change(pair[0].first(first), pair[1], level)) for pair in pairs]
    ends = (*looks.repetitions[1:], None)
    for number, (repetitions, later) in enumerate(zip(looks.repetitions, ends, strict=True)):
        seen = [one for one in states if one.active and len(one.losses.values) >= repetitions]
        for one in seen:
            one.change = change(one.losses.first(repetitions), one.baseline, level)
            one.active = later is not None and one.change.shorter(later / repetitions) < WORTH
        _say_better(states, seen, looks, number)
        for one in seen:
            undecided = one.word is Verdict.CANNOT_TELL
            one.active &= undecided and one.change.chance_better >= HOPELESS
    return tuple(Decision(_word(one), one.change, one.active) for one in states)


def _say_better(
    states: Sequence[_State], seen: Sequence[_State], looks: Looks, number: int
) -> None:
    """Holm's steps at one look; an arm whose last look it is has what is left of the level."""

    def spent(one: _State) -> float:
        level = looks.level_at(number) if one.active else looks.left_at(number)
        return (1 - one.change.chance_better) / level

    left = len(states) - sum(one.word is Verdict.BETTER for one in states)
    for one in sorted(seen, key=spent):
        if spent(one) * left > 1:
            return
        if one.change.heaviest > TOO_FEW:
            continue
        one.word = Verdict.BETTER
        left -= 1


def _word(one: _State) -> Verdict:
    if one.word is Verdict.CANNOT_TELL and one.change.chance_better >= PROBABLY:
        return Verdict.PROBABLY_BETTER
    if one.word is Verdict.CANNOT_TELL and one.change.chance_better <= WORSE:
        return Verdict.WORSE
    return one.word


def best(changes: Sequence[Change], values: Sequence[float] | None = None) -> int | None:
    """The position of the arm to hand over; None for the baseline.

    Of those at least one standard error better than the baseline, the one with the largest change:
    a choice is to lose little on average, where a word is to be wrong seldom.

    changes: of each arm, by the measure that its word is by. values: the changes of the deciding
    measure, which rank them and must be below 0; by default those of `changes`.
    """
    ranked = [one.value for one in changes] if values is None else values
    better = [
        place
        for place, one in enumerate(changes)
        if -one.value >= one.error and one.value < 0 and ranked[place] < 0
    ]
    return min(better, key=lambda place: ranked[place]) if better else None
