"""steadfit inside somebody else's program: the same figures whatever its settings, which stay."""

import random
import sys
from collections.abc import Iterator
from contextlib import nullcontext

import numpy as np
import pytest
import torch

import steadfit as sf

TRAINING = {"epochs": 2, "augmentation": {"noise": 0.1, "shift": 0.1}}
SETTINGS = {
    "as it starts": nullcontext,
    "no_grad": torch.no_grad,
    "inference_mode": torch.inference_mode,
}


@pytest.fixture
def float64() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def fitted(tmp_path) -> sf.Fitted:
    digits = sf.read("digits", limit=100)
    return sf.fit(digits, "mlp", "dropout", training=TRAINING, out=tmp_path / "fit")


@pytest.fixture(scope="module")
def usual(tmp_path_factory) -> sf.Fitted:
    return fitted(tmp_path_factory.mktemp("usual"))


@pytest.mark.parametrize("inside", SETTINGS.values(), ids=SETTINGS)
def test_fit_gives_the_same_inside(inside, usual: sf.Fitted, tmp_path) -> None:
    with inside():
        assert fitted(tmp_path).loss == usual.loss


@pytest.mark.usefixtures("float64")
def test_fit_and_predict_under_another_default_type(usual: sf.Fitted, tmp_path) -> None:
    digits = sf.read("digits", limit=100)
    here = fitted(tmp_path)
    assert here.loss == usual.loss
    expected = usual.model.probabilities(digits.x[:5])
    assert np.array_equal(here.model.probabilities(digits.x[:5]), expected)
    loaded = sf.TrainedModel.load(tmp_path / "fit" / "model")
    torch.set_default_dtype(torch.float32)
    assert np.array_equal(loaded.probabilities(digits.x[:5]), expected)


@pytest.mark.usefixtures("float64")
def test_series_under_another_default_type(tmp_path) -> None:
    adding = sf.read("adding", limit=40)

    def loss(name: str) -> float:
        training = {"epochs": 1, "augmentation": {"noise": 0.1, "crop": 0.2}}
        settings = {"width": 0.1, "zoneout": 0.1, "recurrent_dropout": 0.2}
        options = {"training": training, "settings": settings, "out": tmp_path / name}
        return sf.fit(adding, "recurrent", **options).loss

    found = loss("float64")
    torch.set_default_dtype(torch.float32)
    assert loss("float32") == found


def test_what_the_host_program_has_set_stays(tmp_path) -> None:
    main, threads = sys.modules["__main__"], torch.get_num_threads()
    random.seed(1)
    states = random.getstate(), np.random.get_state()[1].copy(), torch.get_rng_state()
    fitted(tmp_path)
    assert torch.get_default_dtype() == torch.float32
    assert torch.is_grad_enabled()
    assert torch.get_num_threads() == threads
    assert sys.modules["__main__"] is main
    assert random.getstate() == states[0]
    assert np.array_equal(np.random.get_state()[1], states[1])
    assert torch.equal(torch.get_rng_state(), states[2])


def test_memory_is_handed_back_as_the_host_program_wants(tmp_path, monkeypatch) -> None:
    from steadfit.training import memory

    asked = []
    monkeypatch.setattr(memory, "keep_freed_memory", lambda: asked.append(1))
    monkeypatch.setattr("steadfit.training.keep_freed_memory", lambda: asked.append(1))
    fitted(tmp_path)
    assert not asked
