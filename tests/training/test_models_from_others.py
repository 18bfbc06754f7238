"""Model folders that others may have made: refused in a sentence, and nobody's files removed."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

import steadfit as sf
from steadfit.data import from_arrays
from steadfit.errors import SteadfitError
from steadfit.prediction import predictions
from steadfit.study.store import Store

RNG = np.random.default_rng(0)
X = RNG.integers(0, 255, (12, 4, 4), dtype=np.uint8)
PADDED = "zeropad 10000; globalpool; flatten; linear 2"
INSIDE = "residual (zeropad 10000; globalpool) (globalpool); flatten; linear 2"
TWO_CATS = {
    "kind": {"name": "images", "channels": 1, "height": 4, "width": 4},
    "task": {"name": "classes", "names": ["cat", "cat"]},
    "form": None,
}
NO_TEXT = {**TWO_CATS, "task": {"name": "classes", "names": ["cat", "\ud800"]}}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The folder of a fit."""
    data = from_arrays(X, [f"class {i % 2}" for i in range(12)])
    sf.fit(data, "mlp", settings={"width": 0.05}, training={"epochs": 1}, out=tmp_path / "run")
    np.savez(tmp_path / "x.npz", x=X)
    return tmp_path / "run"


def altered(run: Path, **changes: Any) -> None:
    path = run / "model" / "model.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def refused(run: Path, said: str) -> None:
    with pytest.raises(SteadfitError, match=said) as caught:
        sf.TrainedModel.load(run / "model")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": 99}, "format must be .*, got 99"),
        ({"schema": TWO_CATS}, 'class names must differ, got "cat" twice'),
        ({"schema": NO_TEXT}, "unexpected end of hex escape"),
        ({"shape": [1, 10**6, 10**6]}, "values are too large"),
        ({"shape": [1, 10**12, 4]}, "values are too large"),
        (
            {"preparations": [{"mean": [0], "std": [1]}] * 20_000},
            "at most 10,000 members, got 20,000",
        ),
        ({"preparations": [{"mean": [float("inf")], "std": [1]}]}, "mean .* must be finite"),
        ({"preparations": [{"mean": [0], "std": [0]}]}, "deviation must be finite and above 0"),
        ({"preparations": [{"mean": [0], "std": [-1]}]}, "deviation must be finite and above 0"),
        ({"preparations": [{"mean": [0], "std": [float("nan")]}]}, "deviation must be finite"),
        ({"recipe": {"model": {"name": "relu; " * 10**6}}}, "at most 20000 characters"),
        ({"recipe": {"model": {"name": "mlp", "settings": {"width": 900.0}}}}, "ask for"),
        ({"recipe": {"model": {"name": PADDED}}}, "a layer would give 100,000,000 values"),
        ({"recipe": {"model": {"name": INSIDE}}}, "a layer would give 100,000,000 values"),
    ],
    ids=str,
)
def test_settings_that_no_model_of_ours_has(run: Path, changes: dict, said: str) -> None:
    altered(run, **changes)
    refused(run, said)


def with_nan(weight: np.ndarray) -> np.ndarray:
    weight = weight.copy()
    weight.flat[0] = np.nan
    return weight


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (with_nan, "must be finite"),
        (lambda weight: weight / np.float32(0), "must be finite"),
        (lambda weight: weight.astype(np.int32), "must be torch.float32, got torch.int32"),
        (lambda weight: weight.astype(np.float64), "must be torch.float32, got torch.float64"),
    ],
    ids=["NaN", "infinite", "integers", "float64"],
)
@pytest.mark.filterwarnings("ignore:divide by zero|invalid value")
def test_weights_that_no_training_gives(run: Path, change: Callable, said: str) -> None:
    path = run / "model" / "weights-0.safetensors"
    weights = safetensors.numpy.load_file(path)
    safetensors.numpy.save_file({name: change(value) for name, value in weights.items()}, path)
    refused(run, said)


def test_a_header_for_a_million_tensors(run: Path) -> None:
    header = json.dumps(
        {f"w{i}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for i in range(100_000)}
    ).encode()
    path = run / "model" / "weights-0.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    refused(run, "claims a header of")


def test_a_file_that_is_not_ours_is_neither_removed_nor_replaced(run: Path) -> None:
    mine = run / "model" / "notes.txt"
    mine.write_text("years of work")
    data = from_arrays(X, np.arange(12) % 2)
    with pytest.raises(SteadfitError, match=r"did not write all that is in it \(notes.txt\)"):
        sf.fit(data, "mlp", settings={"width": 0.05}, training={"epochs": 1}, out=run)
    assert mine.read_text() == "years of work"


@pytest.mark.parametrize("name", ["weights-1.safetensors", "weights-0.safetensors.d"])
def test_nor_is_a_folder_or_a_link(run: Path, name: str, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (run / "model" / name).symlink_to(tmp_path / "mine")
    with pytest.raises(SteadfitError, match="did not write all"):
        sf.TrainedModel.load(run / "model").save(run / "model")


def test_a_link_in_the_place_of_the_model_is_left_alone(run: Path, tmp_path: Path) -> None:
    (run / "model").rename(tmp_path / "elsewhere")
    (run / "model").symlink_to(tmp_path / "elsewhere")
    before = sorted(path.name for path in (tmp_path / "elsewhere").iterdir())
    with pytest.raises(SteadfitError, match="must be a folder or absent, got a link"):
        sf.TrainedModel.load(run / "model").save(run / "model")
    assert sorted(path.name for path in (tmp_path / "elsewhere").iterdir()) == before
    assert not [path.name for path in run.iterdir() if path.name.startswith(("model.", ".model"))]


@pytest.mark.parametrize("key", ["a" * 300, "." * 50_000, ".", "..", "a/b", "", "ü", "a\n"])
def test_a_key_that_names_no_folder_is_not_there(tmp_path: Path, key: str) -> None:
    assert key not in Store(tmp_path)


def test_an_image_that_cannot_be_read_is_left_out_of_predictions(run: Path, tmp_path: Path) -> None:
    from PIL import Image

    (tmp_path / "photos").mkdir()
    for i in range(3):
        Image.fromarray(X[i]).save(tmp_path / "photos" / f"{i}.png")
    (tmp_path / "photos" / "1.png").write_bytes(b"no image")
    text, notes = predictions(run, tmp_path / "photos")
    *_, damaged = text.splitlines()
    assert len(text.splitlines()) == 4
    assert damaged.startswith('"1.png",,')
    assert damaged.endswith('"it is no image that Pillow can read."')
    assert len(notes) == 1
    with pytest.raises(SteadfitError, match=r"images that can be read, got none. 1.png"):
        predictions(run, tmp_path / "photos" / "1.png")


MANY = [str(i) for i in range(20_000)]
REPLICAS = {
    "none": ([], None),
    "absent": (["a" * 300, "." * 5000], None),
    "one twice": (["0", "0"], "must name each replica of .* on its samples once"),
    "many": (MANY, "at most 10,000 replicas of an arm, got 20,000"),
}


@pytest.mark.parametrize("case", REPLICAS)
def test_a_study_that_names_no_replicas_or_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    """Without replicas there are predictions; with too many a sentence."""
    replicas, said = REPLICAS[case]
    np.savez(tmp_path / "x.npz", x=X)
    data = from_arrays(X, np.arange(12) % 2)
    small = {"settings": {"width": 0.05}, "training": {"epochs": 1}}
    sf.study(data, "mlp", ["l2"], samples=2, processes=1, out=tmp_path / "run", **small)
    path = tmp_path / "run" / "study.json"
    known = json.loads(path.read_text())
    _best(known).update(drawn=[replicas])
    path.write_text(json.dumps(known))
    if case == "many":
        monkeypatch.setattr(Store, "__contains__", lambda store, key: True)
    if said is None:
        assert "disagreement" not in predictions(tmp_path / "run", tmp_path / "x.npz").text
    else:
        with pytest.raises(SteadfitError, match=said):
            predictions(tmp_path / "run", tmp_path / "x.npz")


def test_members_that_are_links_to_one_file(run: Path) -> None:
    """A hundred bytes a link, and each would be read whole."""
    weights = run / "model" / "weights-0.safetensors"
    header = b'{"w":{"dtype":"F32","shape":[250000000],"data_offsets":[0,1000000000]}}'
    weights.write_bytes(len(header).to_bytes(8, "little") + header)
    os.truncate(weights, 8 + len(header) + 10**9)  # zeros, which take no room on the disk
    known = json.loads((run / "model" / "model.json").read_text())
    altered(run, preparations=known["preparations"] * 1_000)
    for i in range(1, 1_000):
        (run / "model" / f"weights-{i}.safetensors").symlink_to(weights.name)
    with pytest.raises(SteadfitError, match=r"The model in .* would take 3,000.0 GB of memory"):
        sf.TrainedModel.load(run)


def test_replicas_larger_than_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez(tmp_path / "x.npz", x=X)
    small = {"settings": {"width": 0.05}, "training": {"epochs": 1}}
    data = from_arrays(X, np.arange(12) % 2)
    sf.study(data, "mlp", ["l2"], samples=2, processes=1, out=tmp_path / "run", **small)
    monkeypatch.setattr(Store, "size_of_weights", lambda store, key: 10**12)
    with pytest.raises(SteadfitError, match=r"The replicas of .* would take [0-9,]+.0 GB"):
        predictions(tmp_path / "run", tmp_path / "x.npz")


def _best(study: dict) -> dict:
    return next(arm for arm in study["arms"] if arm["name"] == study["analysis"]["best"])
