"""Models, remedies and readers of other packages, through their entry points."""

import sys

import numpy as np
import pytest

import steadfit as sf
from steadfit.errors import SteadfitError
from steadfit.recipe import Recipe
from steadfit.remedies import Remedy

MODULE = """
import numpy as np
from torch import nn
from steadfit.data import from_arrays

def net(shape, outputs, *, width=4):
    return nn.Sequential(nn.Flatten(), nn.Linear(9, width), nn.ReLU(), nn.Linear(width, outputs))

def calmer(recipe, rate=0.001):
    return recipe.training_with(optimizer={"learning_rate": rate})

def stripes(source, *, count=12):
    y = np.arange(count) % 2
    return from_arrays(y[:, None, None] * np.eye(3) + np.linspace(0, 1, count)[:, None, None], y)
"""
POINTS = """
[steadfit.models]
tiny = added:net
broken = added:nothing
mlp = added:nothing

[steadfit.remedies]
calmer = added:calmer
twice = added:calmer

[steadfit.readers]
stripes = added:stripes
.stripes = added:stripes
"""


def install(folder, name: str, points: str) -> None:
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(points)


@pytest.fixture
def package(tmp_path, monkeypatch):
    (tmp_path / "added.py").write_text(MODULE)
    install(tmp_path, "added", POINTS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "added", raising=False)
    yield
    sys.modules.pop("added", None)


def test_names_of_packages_are_as_good_as_ours(package, tmp_path):
    done = sf.study(
        "stripes", "tiny", ["calmer=0.01"], settings={"width": 3}, training={"epochs": 1},
        folds=2, repetitions=1, variance="none", reference=False, processes=1, out=tmp_path / "r",
    )  # fmt: skip
    assert [arm.name for arm in done.result.arms] == ["baseline", "calmer=0.01"]
    settings = done.result.arms[1].settings
    assert settings["model"]["name"] == "added:net"
    assert settings["training"]["optimizer"]["learning_rate"] == 0.01


def test_a_suffix_and_options_of_a_reader(package, tmp_path):
    (tmp_path / "some.stripes").touch()
    assert len(sf.read(tmp_path / "some.stripes", count=8)) == 8
    with pytest.raises(SteadfitError, match=r'no option of .* "cuont". Did you mean "count"'):
        sf.read("stripes", cuont=8)


def test_nothing_is_loaded_before_its_name_is_asked_for(package):
    assert np.array_equal(sf.read("digits", limit=20).classes, list("0123456789"))
    Remedy.of("l2")
    assert "added" not in sys.modules
    with pytest.raises(SteadfitError, match=r"Did you mean .*calmer"):
        Remedy.of("calme")
    assert "added" not in sys.modules
    assert Remedy.of("calmer")(Recipe()).training.optimizer.learning_rate == 0.001
    assert "added" in sys.modules


def test_what_cannot_be_loaded_is_said(package, tmp_path):
    data = sf.from_arrays(np.random.default_rng(0).random((12, 3, 3)), np.arange(12) % 2)
    with pytest.raises(SteadfitError, match='"broken" is added:nothing, which cannot be loaded'):
        sf.study(data, "broken", out=tmp_path / "run")
    fitted = sf.fit(data, "mlp", training={"epochs": 1}, out=tmp_path / "fit", reference=False)
    assert fitted.result.settings["model"]["name"] == "mlp", "a name of ours is ours"


def test_one_name_of_two_packages_is_refused(package, tmp_path):
    install(tmp_path, "other", "[steadfit.remedies]\ntwice = other:calmer\n")
    with pytest.raises(SteadfitError, match=r'"twice" must be one of .*, got .* and'):
        Remedy.of("twice")
