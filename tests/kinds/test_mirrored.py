"""Whether images may be mirrored: on images of which the answer is known."""

from pathlib import Path

import numpy as np
import pytest

import steadfit as sf
from steadfit.kinds.mirrored import Mirrored, try_mirrored

RNG = np.random.default_rng(0)


def photos(count: int = 240) -> np.ndarray:
    return RNG.integers(90, 160, (count, 32, 32, 3)).astype(np.uint8)


def tried(x: np.ndarray, y: np.ndarray) -> Mirrored:
    rows, mirrored = x.reshape(len(x), -1), x[..., ::-1, :].reshape(len(x), -1)
    return try_mirrored(rows.astype(float), mirrored.astype(float), y)


def lit(side: slice) -> tuple[np.ndarray, np.ndarray]:
    """Every second image is lighter there."""
    x, y = photos(), np.arange(240) % 2
    x[1::2, :, side] += 40
    return x, y


def test_what_is_light_above_is_light_above_when_mirrored() -> None:
    x, y = photos(), np.arange(240) % 2
    x[1::2, :16] += 40
    found = tried(x, y)
    assert found.may
    assert found.right > 0.95


def test_left_and_right_are_told_apart() -> None:
    x, y = lit(slice(0, 16))
    x[::2, :, 16:] += 40
    found = tried(x, y)
    assert not found.may
    assert found.right > 0.95
    assert found.mirrored < 0.05


def test_of_what_a_simple_model_does_not_learn_nothing_is_said() -> None:
    assert not tried(photos(), RNG.integers(0, 2, 240)).may


@pytest.mark.parametrize("across", [False, True])
def test_numbers_are_tried_too(across: bool) -> None:
    x, light = photos(), RNG.uniform(0, 90, 240)
    part = (slice(None), slice(None), slice(0, 8)) if across else (slice(None), slice(0, 8))
    x[part] += light.astype(np.uint8)[:, None, None, None]
    assert tried(x, light[:, None]).may == (not across)


def test_few_of_one_class_are_no_error() -> None:
    x, y = photos(9), np.array([0] * 8 + [1])
    assert not tried(x, y).may


def test_photos_and_digits_have_their_own_defaults(tmp_path: Path) -> None:
    """A named model is trained as it is named."""
    x, y = photos(60), np.arange(60) % 2
    x[1::2, :16] += 40
    data = sf.from_arrays(x, y.astype(str), layout="channels_last")

    def settings(name: str, model: str | None = None, of: sf.Dataset = data) -> dict:
        done = sf.fit(of, model, training={"epochs": 1}, out=tmp_path / name, reference=False)
        told = done.result.settings
        changes = told["training"]["augmentation"]
        notes = [note for note in done.data_notes if "mirrored" in note]
        return {"model": told["model"]["name"], "flip": changes["flip"], "notes": notes}

    found = settings("photos")
    assert (found["model"], found["flip"]) == ("convnet", True)
    assert (
        "Images are mirrored at random in training: a simple model is right on" in found["notes"][0]
    )
    assert settings("named", "convnet") == {"model": "convnet", "flip": False, "notes": []}
    digits = sf.read("digits", limit=100)
    assert settings("digits", None, digits) == {"model": "convnet", "flip": False, "notes": []}
    other = sf.fit(
        data, training={"epochs": 1, "augmentation": {"flip": False, "mixup": 0.2}},
        out=tmp_path / "other", reference=False,
    ).result.settings["training"]["augmentation"]  # fmt: skip
    assert (other["flip"], other["mixup"], other["shift"]) == (False, 0.2, 0.1)


def test_nothing_is_printed_where_it_does_not_converge(recwarn) -> None:
    few = RNG.normal(size=(600, 3))  # that all pixels follow, so that the fit takes many steps
    x = few @ RNG.normal(size=(3, 768)) + 0.05 * RNG.normal(size=(600, 768))
    try_mirrored(x, x, (few @ RNG.normal(size=(3, 10))).argmax(1))
    assert not recwarn.list
