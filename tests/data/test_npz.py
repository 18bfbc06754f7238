"""npz files: what is read, and that nothing in them is ever unpickled."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from steadfit import machine
from steadfit.data import read
from steadfit.errors import SteadfitError
from steadfit.formats.pictures import Frame
from steadfit.kinds.image_inputs import read_images
from steadfit.tasks import Numbers

X = np.arange(4 * 3 * 2, dtype=np.uint8).reshape(4, 3, 2)
Y = np.array([0, 1, 0, 1])


def saved(path: Path, **arrays) -> Path:
    np.savez(path / "some.npz", **arrays)
    return path / "some.npz"


def test_both_sides_are_read(tmp_path: Path) -> None:
    path = saved(tmp_path, x=X, y=Y.astype(str), x_test=X[:2] + 100, y_test=["1", "2"], extra=1)
    data = read(path)
    assert str(data) == "some · 6 images 1×3×2 · 3 classes"
    assert data.y.tolist() == [0, 1, 0, 1, 1, 2]
    assert data.structure.is_test is not None
    assert data.structure.is_test.tolist() == [False] * 4 + [True] * 2
    assert data.ids[:1] + data.ids[5:] == ("x row 0", "x_test row 1")
    assert data.notes[0] == "The array extra of some.npz is not used."


def test_other_names_for_the_training_side(tmp_path: Path) -> None:
    path = saved(tmp_path, x_train=X, y_train=Y, x_test=X[:2], y_test=Y[:2])
    assert len(read(path)) == 6


def test_a_file_without_a_test_side(tmp_path: Path) -> None:
    data = read(saved(tmp_path, x=X, y=Y / 2))
    assert (data.structure.is_test, data.schema.task) == (None, Numbers(1))


class Trap:
    """Unpickling this would write a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return (Path.touch, (self.path,))


def test_objects_are_refused_and_never_unpickled(tmp_path: Path) -> None:
    sprung = tmp_path / "sprung"
    path = saved(tmp_path, x=X, y=np.array([Trap(sprung)] * 4, object))
    with pytest.raises(SteadfitError, match=r"Python objects\. Reading them can run code"):
        read(path)
    path.write_bytes(pickle.dumps(Trap(sprung)))
    with pytest.raises(SteadfitError, match=r"Python objects|not a complete npz"):
        read(path)
    assert not sprung.exists()


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"x": X}, "no array y. .* found x"),
        ({"a": X}, "no array x. .* found a"),
        ({"x": X, "y": Y, "x_test": X}, "no array y_test"),
        ({"x": X, "y": Y[:3]}, r"got shapes \(4, 3, 2\) and \(3,\)"),
        ({"x": X, "y": np.array(3)}, r"got shapes \(4, 3, 2\) and \(\)"),
        ({"x": X, "y": Y, "x_test": X[:, :2], "y_test": Y}, "differ in shape"),
        (
            {"x": X, "y": Y, "x_test": X, "y_test": Y.astype(str)},
            "must both be numbers, or both",
        ),
        ({"x": np.where(X == 7, np.nan, X), "y": Y}, "x must be finite, .*: x row 1"),
    ],
)
def test_what_does_not_fit_is_said(tmp_path: Path, arrays: dict, sentence: str) -> None:
    with pytest.raises(SteadfitError, match=sentence):
        read(saved(tmp_path, **arrays))


def test_damaged_files_are_said(tmp_path: Path) -> None:
    path = saved(tmp_path, x=X, y=Y)
    whole = path.read_bytes()
    flipped = whole[:200] + bytes([whole[200] ^ 1]) + whole[201:]
    for content in (b"", whole[:100], b"PK\x03\x04" + bytes(50), b"x,y\n1,2\n", flipped):
        path.write_bytes(content)
        with pytest.raises(SteadfitError, match=r"not a complete npz file|Python objects"):
            read(path)


def test_examples_to_predict_are_opened_alike(tmp_path: Path) -> None:
    path = saved(tmp_path, x=X, y=Y)
    assert read_images(path, 1, Frame(3, 2))[0].shape == (4, 1, 3, 2)
    for values in (X > 5, X.astype(np.float16)):
        x, names, *_ = read_images(saved(tmp_path, x=values), 1, Frame(3, 2))
        assert (x.numpy()[:, 0] == values).all()
        assert names == ("row 0", "row 1", "row 2", "row 3")
    for bad in (np.nan, 1e300):
        with pytest.raises(SteadfitError, match=r"x must be finite, .* in 1 of 4 examples: row 1"):
            read_images(saved(tmp_path, x=np.where(X == 7, bad, X)), 1, Frame(3, 2))
    path = saved(tmp_path, x=X, y=Y)
    whole = path.read_bytes()
    for content in (b"", whole[:100], b"PK\x03\x04" + bytes(50), b"x,y\n1,2\n"):
        path.write_bytes(content)
        with pytest.raises(SteadfitError, match="not a complete npz file"):
            read_images(path, 1, Frame(3, 2))
    with pytest.raises(SteadfitError, match=r"array x, got a"):
        read_images(saved(tmp_path, a=X), 1, Frame(3, 2))


def test_what_unpacks_to_more_than_the_memory_is_said(tmp_path: Path, monkeypatch) -> None:
    path = saved(tmp_path, x=X, y=Y)
    monkeypatch.setattr(machine, "_FITS", 8)
    monkeypatch.setattr(machine, "free_memory", lambda: 16)
    with pytest.raises(SteadfitError, match=r"would take .* GB of memory, and .* are free"):
        read(path)


def test_what_packs_like_a_bomb_is_read_when_it_is_saved_without_compression(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "_SMALL", 10**6)
    x, y = np.zeros((2000, 32, 32), np.uint8), np.arange(2000) % 2
    np.savez_compressed(tmp_path / "a.npz", x=x, y=y)
    with pytest.raises(SteadfitError, match=r"times its size.* If you trust it, save it without"):
        read(tmp_path / "a.npz")
    np.savez(tmp_path / "a.npz", x=x, y=y)
    assert len(read(tmp_path / "a.npz")) == 2000


def test_a_single_array_is_said(tmp_path: Path) -> None:
    with (tmp_path / "one.npz").open("wb") as file:
        np.save(file, X)
    with pytest.raises(SteadfitError, match="holds a single array"):
        read(tmp_path / "one.npz")
