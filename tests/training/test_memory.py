"""Memory too small for a batch: halved, its gradient the same; and what is said of it."""

import numpy as np
import pytest
import torch
from torch import nn

from steadfit import machine
from steadfit.data import from_arrays, from_series, read
from steadfit.errors import SteadfitError
from steadfit.models import build
from steadfit.nn import Padded
from steadfit.recipe import Recipe
from steadfit.report.explain import explain
from steadfit.report.voice import PYTHON
from steadfit.study.design import Design
from steadfit.study.engines import SerialEngine
from steadfit.study.run import run_study
from steadfit.training import RecipeLearner, check, fit, fitting, outputs, trained_model
from steadfit.training.batches import in_pieces
from steadfit.training.memory import is_short

# Plain descent, so that weights differ by as little as gradients do.
SGD = {"name": "sgd", "learning_rate": 0.1, "momentum": 0.0, "schedule": "constant", "warmup": 0.0}
FULL = "DefaultCPUAllocator: can't allocate memory: you tried to allocate 4096 bytes."
RNG = np.random.default_rng(0)


def images(task: str):
    y = RNG.integers(0, 3, 99) if task == "classes" else RNG.normal(size=(99, 2)).astype("f4")
    return from_arrays(RNG.normal(size=(99, 8, 8)).astype(np.float32), y)


def series():
    rows = [RNG.normal(size=(n, 2)).astype(np.float32) for n in RNG.integers(3, 12, 99)]
    return from_series(rows, RNG.integers(0, 2, 99))


def text(folder):
    (folder / "a.txt").write_text("".join(RNG.choice(list("abc "), 2050)))
    return read(folder / "a.txt", block=50, unit="characters")


def room_for(most: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Modules built from now on find no memory for more than `most` examples. Gives their sizes."""
    seen: list[int] = []

    def count(module: nn.Module, inputs: tuple) -> None:
        x = inputs[0].values if isinstance(inputs[0], Padded) else inputs[0]
        if len(x) > most:
            raise RuntimeError(FULL)
        seen.append(len(x))

    def limited(*arguments) -> nn.Module:
        module = build(*arguments)
        module.register_forward_pre_hook(count)
        return module

    monkeypatch.setattr(fitting, "build", limited)
    return seen


@pytest.mark.parametrize("kind", ["classes", "numbers", "series", "tokens", "augmented", "average"])
def test_halved_batches_take_the_steps_of_whole_ones(tmp_path, monkeypatch, kind):
    """99 examples in batches of 33: parts of 17 and 16, then of 9 and 8, must be weighed right."""
    recipe = Recipe().model_with(name="mlp", width=0.2)
    training = {"epochs": 2, "batch": 34, "optimizer": SGD, "clip": 1.0}
    if kind in ("series", "tokens"):
        name = "recurrent" if kind == "series" else "language"
        recipe = Recipe().model_with(name=name, hidden=8)
        training["truncation"] = 20
    if kind == "augmented":
        training["augmentation"] = {"shift": 0.2, "noise": 0.5}
    if kind == "average":
        recipe = Recipe().model_with(name="conv 4 3; relu; flatten; linear 3")
        training["average"] = 2
    data = {"numbers": images, "series": lambda _: series(), "tokens": lambda _: text(tmp_path)}
    data = data.get(kind, lambda _: images("classes"))(kind)
    recipe, sample = recipe.training_with(**training), torch.arange(len(data))
    whole = fit(recipe, data, sample, data, seed=0)
    assert "halvings" not in whole.facts
    for most, halvings in ((17, 1), (9, 2)):
        with monkeypatch.context() as patch:
            sizes = room_for(most, patch)
            replica = fit(recipe, data, sample, data, seed=0)
        assert max(sizes) <= most
        assert replica.facts["halvings"] == halvings
        assert replica.facts["steps"] == whole.facts["steps"]
        for name, weight in replica.weights.items():
            torch.testing.assert_close(weight, whole.weights[name], rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(replica.logits, whole.logits, rtol=1e-3, atol=1e-4)
        assert replica.curves["train_loss"] == pytest.approx(whole.curves["train_loss"], rel=1e-4)


def test_no_piece_is_a_lone_rest():
    for size in range(1, 70):
        for most in range(2, 70):
            sizes = [len(piece) for piece in in_pieces(torch.zeros(size, 1), most)]
            assert sum(sizes) == size
            assert max(sizes) - min(sizes) <= 1
            assert min(sizes) > 1 or size == 1
            assert max(sizes) <= most or max(sizes) == 3


def test_too_little_even_for_two_is_a_sentence(monkeypatch):
    data = images("classes")
    room_for(1, monkeypatch)
    recipe = Recipe().model_with(name="mlp", width=0.2)
    with pytest.raises(SteadfitError, match="too little memory to train on two examples at a time"):
        fit(recipe, data, torch.arange(99), data, seed=0)


def test_another_error_is_no_want_of_memory(monkeypatch):
    def wrong(*arguments):
        raise RuntimeError("shapes differ")

    monkeypatch.setattr(fitting, "build", wrong)
    with pytest.raises(RuntimeError, match="shapes differ"):
        fit(
            Recipe().model_with(name="mlp"),
            images("classes"),
            torch.arange(99),
            images("classes"),
            0,
        )


def test_what_python_numpy_and_torch_raise_is_known():
    for ask in (lambda: bytearray(2**62), lambda: np.zeros(2**59), lambda: torch.empty(2**59)):
        with pytest.raises((MemoryError, RuntimeError)) as caught:
            ask()
        assert is_short(caught.value)
    assert is_short(torch.OutOfMemoryError("CUDA out of memory."))


def test_predictions_are_made_in_halves_too(tmp_path):
    data = images("classes")
    recipe = Recipe().model_with(name="mlp", width=0.2).training_with(epochs=1)
    replica = fit(recipe, data, torch.arange(99), data, seed=0)
    [(module, preparation)] = trained_model(recipe, data, [replica]).members
    whole = outputs(module, preparation, data.x)
    sizes = []

    def limited(module, inputs):
        sizes.append(len(inputs[0]))
        if len(inputs[0]) > 30:
            raise MemoryError

    module.register_forward_pre_hook(limited)
    torch.testing.assert_close(outputs(module, preparation, data.x), whole, rtol=1e-5, atol=1e-6)
    assert [size for size in sizes if size <= 30] == [24, 25, 25, 25]
    module.register_forward_pre_hook(lambda *_: (_ for _ in ()).throw(MemoryError()))
    with pytest.raises(SteadfitError, match="too little memory to look at a single example"):
        outputs(module, preparation, data.x)


def test_a_study_says_which_arms_were_halved(tmp_path, monkeypatch):
    room_for(17, monkeypatch)
    recipe = Recipe().model_with(name="mlp", width=0.2).training_with(epochs=1, batch=32)
    data = images("classes")
    learner, design = RecipeLearner(recipe), Design(samples=2, references=False)
    engine = SerialEngine()  # the planted limit is in this process alone
    found = run_study(data, learner, ["dropout"], tmp_path, design, engine=engine)
    sentences = explain(found.result.analysis, PYTHON)
    [said] = [words for words in sentences if "Memory was too small" in words]
    assert "batches of baseline and dropout=0.5: they were halved, 1 times in an arm's mean" in said


def test_what_cannot_fit_into_memory_is_not_begun(monkeypatch):
    data = images("classes")
    monkeypatch.setattr(machine, "memory", lambda: 2_000_000)
    with pytest.raises(
        SteadfitError, match=r"To train convnet on single .* 0.1 GB, .* 0.0 GB. Use"
    ):
        check(Recipe().model_with(width=5.0), data)
    check(Recipe().model_with(name="mlp", width=0.1), data)
    with pytest.raises(
        SteadfitError, match=r"11,000 series of 6 steps take 0.0 GB.*smaller length"
    ):
        read("adding", length=6)
