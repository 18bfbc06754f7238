"""Words, looks and the choice, against simulated studies and rules written out."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from steadfit.analysis import deciding
from steadfit.analysis.comparison import Change, PointLosses
from steadfit.analysis.deciding import Looks, best, decide
from steadfit.analysis.terms import Verdict

POINTS, FOLDS, ARMS = 100, 5, 4
LOOKS = Looks((1, 2, 3))


def study(rng, effects=(0.0,) * ARMS, repetitions: int = 3, of_fold: float = 1.0):
    """A pair of losses for each arm; its mean change is its effect, in standard errors of the
    points' part."""
    folds = np.stack([rng.permutation(np.arange(POINTS) % FOLDS) for _ in range(repetitions)])

    def losses(scale: float = 1.0):
        point = rng.normal(size=POINTS)
        replica = rng.normal(size=(repetitions, FOLDS)) * np.sqrt(of_fold * FOLDS / POINTS)
        noise = 0.3 * rng.normal(size=folds.shape)
        return scale * (point + np.take_along_axis(replica, folds, 1) + noise)

    base = losses(0.5)
    baseline = PointLosses(base, folds)
    return [
        (PointLosses(base + losses() + effect / np.sqrt(POINTS), folds), baseline)
        for effect in effects
    ]


def as_studied(pairs, looks: Looks):
    """Decisions as a study comes to them: only arms that go on have further repetitions."""
    trained = [looks.repetitions[0]] * len(pairs)
    for later in (*looks.repetitions[1:], None):
        seen = [(arm.first(n), base) for n, (arm, base) in zip(trained, pairs, strict=True)]
        found = decide(seen, looks)
        if later is None or not any(one.goes_on for one in found):
            return found
        trained = [later if one.goes_on else n for one, n in zip(found, trained, strict=True)]
    raise AssertionError


def false_better(looks: Looks, studies: int = 800) -> float:
    """How often any arm is called better where none is."""
    rng = np.random.default_rng(0)
    found = [as_studied(study(rng), looks) for _ in range(studies)]
    return float(np.mean([any(one.word is Verdict.BETTER for one in each) for each in found]))


def test_no_arm_is_called_better_in_more_than_5_percent_of_studies():
    assert false_better(LOOKS) <= 0.05 + 1.6 * np.sqrt(0.05 * 0.95 / 800)


def changed_at(count: int) -> Verdict:
    """The word for an arm that gains 1 at so many of the points, and is else as the baseline."""
    folds = np.stack([np.arange(POINTS) % FOLDS] * 3)
    gains = np.zeros((3, POINTS))
    gains[:, :: POINTS // count][:, :count] = -1.0
    arm, baseline = PointLosses(1 + gains, folds), PointLosses(np.ones((3, POINTS)), folds)
    (found,) = decide([(arm, baseline)], LOOKS)
    assert found.change.chance_better > 0.998
    return found.word


def test_no_arm_is_better_while_a_few_points_carry_its_change(monkeypatch: pytest.MonkeyPatch):
    assert changed_at(25) is Verdict.BETTER
    assert changed_at(12) is Verdict.PROBABLY_BETTER
    monkeypatch.setattr(deciding, "TOO_FEW", 1.0)
    assert changed_at(12) is Verdict.BETTER


def test_looks_that_spend_nothing_are_seen(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        Looks, "level_at", lambda self, number: 4 * self.level
    )  # each arm, each look
    monkeypatch.setattr(Looks, "left_at", lambda self, number: 4 * self.level)
    assert false_better(LOOKS, 300) > 0.08


def test_large_effects_are_found_and_end_early():
    rng = np.random.default_rng(1)
    found = [as_studied(study(rng, (-9.0, 9.0, 0.0)), LOOKS) for _ in range(60)]
    assert all(one[0].word is Verdict.BETTER for one in found)
    assert all(one[1].word is Verdict.WORSE for one in found)
    assert np.mean([one[2].word is Verdict.CANNOT_TELL for one in found]) > 0.7


def test_a_study_that_stops_is_judged_as_it_was_while_it_ran():
    """The same words from what was trained as look by look."""
    rng = np.random.default_rng(2)
    for _ in range(20):
        pairs = study(rng, (-3.0, 0.0, 2.0))
        found = as_studied(pairs, LOOKS)
        assert not any(one.goes_on for one in found)


def test_holm_is_that_of_statsmodels_rule():
    """At one look with the whole level: reject p_(i) while p_(i) (m - i + 1) <= level."""
    rng = np.random.default_rng(3)
    for _ in range(40):
        pairs = study(rng, (-4.0, -3.0, -2.0, 0.0), repetitions=1)
        found = decide(pairs, Looks((1,)))
        p = np.array([1 - one.change.chance_better for one in found])
        order = np.argsort(p)
        adjusted = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
        expected = np.empty(len(p), bool)
        expected[order] = adjusted <= 0.05
        assert [one.word is Verdict.BETTER for one in found] == expected.tolist()


def test_levels_add_up_to_the_whole():
    for looks in (Looks((1,)), LOOKS, Looks((3, 5, 8, 20))):
        levels = [looks.level_at(number) for number in range(len(looks.repetitions))]
        assert sum(levels) == pytest.approx(0.05)
        assert looks.left_at(0) == 0.05
        assert looks.left_at(len(levels) - 1) == pytest.approx(levels[-1])


def test_hopeless_arms_are_dropped():
    rng = np.random.default_rng(4)
    (worse,) = decide(study(rng, (3.0,), repetitions=1), LOOKS)
    assert worse.change.chance_better < deciding.HOPELESS
    assert not worse.goes_on


CHANGE = Change(-1.0, -3.0, 1.0, 1.0, 10.0, 0.8, 1.0, 0.0, 0.1)


@pytest.mark.parametrize(
    ("values", "errors", "chosen"),
    [
        ((-1.0, -2.0), (1.1, 1.0), 1),
        ((-0.9, 0.5), (1.0, 0.1), None),
        ((-1.0, -3.0), (1.0, 4.0), 0),  # the larger change is not sure enough
        ((), (), None),
        ((0.0,), (0.0,), None),
    ],
)
def test_the_best_is_better_by_a_standard_error(values, errors, chosen):
    changes = [replace(CHANGE, value=v, error=e) for v, e in zip(values, errors, strict=True)]
    assert best(changes) == chosen


def test_the_one_standard_error_rule_regrets_less_than_holm_s_gate():
    """Mean loss, in standard errors, over worlds of effects around 0: the choice against the best
    arm there is (deciding.md's protocol in short)."""
    rng = np.random.default_rng(5)
    regrets = {"rule": [], "holm": []}
    for _ in range(3000):
        effects = rng.normal(size=ARMS)
        seen = effects + rng.normal(size=ARMS)
        least = min(0.0, effects.min())
        chosen = best([replace(CHANGE, value=v, error=1.0) for v in seen])
        regrets["rule"].append((0.0 if chosen is None else effects[chosen]) - least)
        p = stats.norm.cdf(seen)
        gate = p.min() * ARMS <= 0.05
        regrets["holm"].append((effects[p.argmin()] if gate else 0.0) - least)
    assert np.mean(regrets["rule"]) < np.mean(regrets["holm"])
