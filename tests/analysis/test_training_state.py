"""Constructed curves whose state is known."""

import numpy as np
import pytest

from steadfit.analysis.training_state import (
    TrainingState,
    falls_at_the_end,
    has_levelled,
    rises_from,
    training_state,
)

GUESSING = 2.3


def noisy(curve: np.ndarray, deviation: float, seed: int) -> np.ndarray:
    return curve + deviation * np.random.default_rng(seed).normal(size=len(curve))


@pytest.fixture(params=["constant", "cosine"])
def rates(request):
    """A learning rate for each of so many steps."""
    if request.param == "constant":
        return np.ones
    return lambda steps: 1 + np.cos(np.pi * (np.arange(steps) + 0.5) / steps)


def progress(rates: np.ndarray) -> np.ndarray:
    """How far a training is at each step, from 0 to 1: a small rate goes a small way."""
    return np.cumsum(rates) / rates.sum()


@pytest.mark.parametrize("steps", [30, 100, 1001])
@pytest.mark.parametrize("seed", range(10))
def test_a_loss_that_has_levelled_off_has_ended(rates, steps, seed):
    """It falls to 0.2 in a tenth of the training, and then nothing happens but noise."""
    curve = 0.2 + 2.1 * np.exp(-30 * progress(rates(steps)))
    assert not falls_at_the_end(noisy(curve, 0.05, seed), rates(steps), 1.0, GUESSING)


@pytest.mark.parametrize("steps", [30, 100, 1001])
@pytest.mark.parametrize("seed", range(10))
def test_a_loss_on_its_way_has_not(rates, steps, seed):
    """It has come half of the way at the end; of a cosine, whose rate ends at 0, it is level."""
    curve = 2.3 - 1.15 * progress(rates(steps))
    assert falls_at_the_end(noisy(curve, 0.05, seed), rates(steps), 1.0, GUESSING)


@pytest.mark.parametrize("seed", range(20))
def test_noise_alone_is_no_fall(rates, seed):
    """A network that learns nothing stays at guessing, with batches of few examples."""
    curve = np.full(200, 0.69)
    assert not falls_at_the_end(noisy(curve, 0.3, seed), rates(200), 0.69, guessing=0.69)


def test_a_late_fall_is_one(rates):
    """A plateau for three quarters of the training, and then the network begins to learn."""
    curve = 2.3 - 5.6 * np.clip(progress(rates(400)) - 0.75, 0, None)
    assert falls_at_the_end(curve, rates(400), 1.0, GUESSING)


def test_losses_near_nothing_do_not_count_by_their_ratio(rates):
    """From 0.06 to 0.002 is a thirtieth, and yet nothing beside the 2.3 of guessing."""
    curve = 2.3 * (0.002 / 2.3) ** progress(rates(400))
    assert not falls_at_the_end(curve, rates(400), 1.0, GUESSING)


def test_who_knows_its_examples_has_nothing_left(rates):
    """With dropout the training loss falls on; without it the network is nearly always right."""
    curve = 2.3 - 1.15 * progress(rates(400))
    assert falls_at_the_end(curve, rates(400), 0.5, GUESSING)
    assert not falls_at_the_end(curve, rates(400), 0.03, GUESSING)


def test_few_steps_end_nothing():
    assert falls_at_the_end([2.3, 2.2, 2.2], [1.0] * 3, 2.2, GUESSING)
    assert falls_at_the_end([2.3], [1.0], 2.3, GUESSING)


def test_the_epoch_from_which_the_validation_loss_rises():
    curve = [1.0, 0.8, 0.6, 0.5, 0.55, 0.6, 0.7, 0.8, 0.9, 1.0]
    assert rises_from(curve) == 4
    assert rises_from(curve[:6]) is None, "two epochs after the least show nothing"
    assert rises_from(curve[:4]) is None
    assert rises_from([]) is None


@pytest.mark.parametrize("seed", range(20))
def test_a_level_validation_loss_does_not_rise(seed):
    curve = 0.5 + np.exp(-np.arange(40) / 4)
    assert rises_from(noisy(curve, 0.02, seed)) is None


@pytest.mark.parametrize("seed", range(20))
def test_a_rise_is_found_in_noise(seed):
    epochs = np.arange(40)
    curve = 0.5 + np.exp(-epochs / 3) + 0.01 * np.clip(epochs - 15, 0, None)
    found = rises_from(noisy(curve, 0.01, seed))
    assert found is not None
    assert 8 <= found <= 22


def test_guessing_is_no_training():
    level = [0.69] * 100
    state = training_state(level, level, final=0.7, guessing=0.69)
    assert state == TrainingState(False, False, None)
    assert not state.trained
    assert not training_state(level, level, final=0.685, guessing=0.69).trained, "hardly better"
    assert training_state(level, level, final=0.6, guessing=0.69).trained


def test_one_that_overfits_has_trained_enough():
    falling, rates = np.linspace(2.3, 1.0, 100), np.ones(100)
    validation = [2.0, 1.5, 1.4, 1.6, 1.8, 2.0, 2.2]
    assert not training_state(falling, rates, final=1.0, guessing=2.3).trained
    state = training_state(falling, rates, 1.0, 2.3, validation)
    assert (state.still_falling, state.overfits_from, state.trained) == (True, 3, True)


@pytest.mark.parametrize("seed", range(10))
def test_a_validation_loss_that_levels_off_is_found_in_noise(seed):
    epochs, rates = np.arange(20), np.ones(160)
    level = noisy(1.7 + 0.5 * np.exp(-epochs / 2), 0.01, seed)
    falls = noisy(2.2 - 0.0125 * epochs, 0.03, seed)
    never_began = noisy(np.full(20, 2.3), 0.02, seed)
    assert has_levelled(level, rates)
    assert not has_levelled(falls, rates)
    assert not has_levelled(never_began, rates)


def test_one_that_was_stopped_early_has_ended():
    falling, rates = np.linspace(2.3, 1.0, 100), np.ones(100)
    assert training_state(falling, rates, 1.0, 2.3, stopped=True).trained
    assert not training_state(falling, rates, 2.3, 2.3, stopped=True).trained


def test_facts_are_shares_when_averaged():
    assert TrainingState(True, True, None, levelled=True).trained
    assert not TrainingState(True, False, None, levelled=True).trained
    facts = TrainingState(True, True, 7).facts()
    assert facts == {"still_falling": 1, "beats_guessing": 1, "overfits": 1, "trained": 1}
