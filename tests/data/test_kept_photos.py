"""Decoded photos are kept, told apart, and not taken where they are not what was written."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import steadfit as sf
from steadfit.api import report
from steadfit.data import read
from steadfit.data.readers import decoded, kept_photos
from steadfit.data.readers.kept_photos import VARIABLE
from steadfit.errors import SteadfitError
from steadfit.kinds import images
from steadfit.kinds.stored import Stored, photo_folder
from steadfit.references import reference_of, scores

AGAIN = "decoded before"


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """24 photos of 40×48 in two classes, and a cache of their own."""
    monkeypatch.setenv("STEADFIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(kept_photos, "_RECENT", 0.0)
    rng = np.random.default_rng(0)
    for number in range(24):
        name = "day" if number % 2 else "night"
        pixels = rng.integers(0, 120, (40, 48, 3)) + 120 * (number % 2)
        file = tmp_path / "photos" / name / f"{number:02}.bmp"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.astype(np.uint8)).save(file)
    return tmp_path / "photos"


@pytest.fixture
def in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every set counts as too large to be held in memory."""
    monkeypatch.setattr(kept_photos, "_IN_MEMORY", 0)


def never_decoded(*_: object) -> None:
    raise AssertionError("a photo is decoded again")


def was_kept(data: sf.Dataset) -> bool:
    return any(AGAIN in note for note in data.notes)


def test_photos_are_decoded_once(photos: Path, monkeypatch: pytest.MonkeyPatch):
    first = read(photos)
    monkeypatch.setattr(decoded, "decode", never_decoded)
    second = read(photos)
    assert not was_kept(first)
    assert was_kept(second)
    assert torch.equal(first.x, second.x)
    assert first.fingerprint == second.fingerprint
    assert first.notes == second.notes[:-1]


def test_another_size_or_a_changed_file_is_decoded_anew(photos: Path):
    read(photos)
    assert not was_kept(read(photos, size=24))
    assert not was_kept(read(photos, fit="crop"))
    file = photos / "day" / "01.bmp"
    status = file.stat()
    turned = Image.open(file).rotate(180)
    turned.save(file)
    assert file.stat().st_size == status.st_size
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))  # as programs that unpack do
    after = read(photos)
    assert not was_kept(after)
    row = after.ids.index("day/01.bmp")
    assert np.array_equal(after.x[row].numpy().transpose(1, 2, 0), np.asarray(turned))


def test_what_was_just_written_is_not_kept(photos: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(kept_photos, "_RECENT", 60.0)
    read(photos)
    assert not was_kept(read(photos))


@pytest.mark.parametrize("damage", ["cut", "other", "facts", "link", "shared"])
def test_what_is_not_as_it_was_written_is_ignored(photos: Path, damage: str, tmp_path: Path):
    wanted = read(photos)
    [folder] = photo_folder().iterdir()
    pixels, facts = folder / "pixels", folder / "facts.json"
    if damage == "cut":
        os.truncate(pixels, 100)
    elif damage == "other":
        pixels.write_bytes(bytes(pixels.stat().st_size))
    elif damage == "facts":
        facts.write_text(facts.read_text().replace("[24,", "[23,"))
    elif damage == "link":
        pixels.rename(tmp_path / "elsewhere")
        pixels.symlink_to(tmp_path / "elsewhere")
    else:
        facts.chmod(0o666)
    found = read(photos)
    assert not was_kept(found)
    assert torch.equal(found.x, wanted.x)
    assert was_kept(read(photos))  # it has been written anew


def test_nobody_else_can_see_them(photos: Path):
    read(photos)
    assert photo_folder().stat().st_mode & 0o077 == 0


def test_nothing_is_kept_where_none_may_be(photos: Path, monkeypatch: pytest.MonkeyPatch):
    wanted = read(photos).x
    monkeypatch.setenv(VARIABLE, "0")
    found = read(photos)
    assert not was_kept(found)
    assert torch.equal(found.x, wanted)
    monkeypatch.setenv(VARIABLE, "many")
    with pytest.raises(SteadfitError, match="gigabytes"):
        read(photos)


def test_a_full_disk_is_no_fault(photos: Path, monkeypatch: pytest.MonkeyPatch):
    wanted = read(photos).x

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    assert torch.equal(read(photos, fit="crop").x, wanted)
    assert len(list(photo_folder().iterdir())) == 1


def test_the_sets_longest_unused_go_first(photos: Path, monkeypatch: pytest.MonkeyPatch):
    one = 24 * 3 * 40 * 48
    monkeypatch.setenv(VARIABLE, str(2.2 * one / 1e9))
    read(photos)
    [first] = photo_folder().iterdir()
    os.utime(first / "facts.json", (1, 1))
    read(photos, fit="crop")
    read(photos)  # which counts as a use
    for other in {*photo_folder().iterdir()} - {first}:
        os.utime(other / "facts.json", (2, 2))
    read(photos, size=(40, 48), fit="crop")
    assert first in set(photo_folder().iterdir())
    assert len(list(photo_folder().iterdir())) == 2


def test_a_damaged_photo_is_tried_again(photos: Path, monkeypatch: pytest.MonkeyPatch):
    (photos / "day" / "zz.bmp").write_bytes(b"no photo")
    first = read(photos, damaged=0.5)
    again = read(photos, damaged=0.5)
    assert was_kept(again)
    assert any("zz.bmp is left out" in note for note in again.notes)
    assert len(again) == len(first) == 24
    monkeypatch.setattr(kept_photos, "cannot_decode", lambda *_: False)
    assert not was_kept(read(photos, damaged=0.5))


def test_grey_photos_are_kept_as_grey(photos: Path):
    for file in photos.rglob("*.bmp"):
        Image.open(file).convert("L").save(file)
    first, second = read(photos), read(photos)
    assert was_kept(second)
    assert first.example_shape == second.example_shape == (1, 40, 48)
    wanted = np.asarray(Image.open(photos / first.ids[-1]))
    assert np.array_equal(second.x[-1, 0].numpy(), wanted)


@pytest.mark.usefixtures("in_a_file")
def test_many_photos_stay_in_the_file(photos: Path, monkeypatch: pytest.MonkeyPatch):
    data = read(photos)
    monkeypatch.setenv(VARIABLE, "0")
    held = read(photos)
    assert isinstance(data.x, Stored)
    assert torch.equal(data.x[:], held.x)
    assert data.fingerprint == held.fingerprint
    assert data.digests == held.digests
    some = torch.tensor([3, 3, 0])
    assert torch.equal(data.take(some).x[:], held.take(some).x)
    assert data.take(some).fingerprint == held.take(some).fingerprint
    assert torch.equal(torch.cat(list(data.x.split(7))), held.x)
    sent = pickle.dumps(data.take(some).x)
    assert len(sent) < 2000
    assert torch.equal(pickle.loads(sent)[:], held.x[some])


@pytest.mark.usefixtures("in_a_file")
def test_a_study_from_the_file_is_the_same_to_the_last_bit(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    training = {"epochs": 1, "batch": 8, "calibrate": 0.25, "augmentation": {"flip": True}}
    asked = {"folds": 2, "repetitions": 1, "variance": "none", "training": training,
             "reference": False}  # fmt: skip
    stored = sf.study(photos, "linear", "l2", **asked, out=tmp_path / "file", engine="serial")
    again = sf.read(photos)
    assert isinstance(stored.run.tested.data.x, Stored)
    monkeypatch.setenv(VARIABLE, "0")
    held = sf.study(photos, "linear", "l2", **asked, out=tmp_path / "memory", engine="serial")
    texts = [(tmp_path / name / "study.json").read_text() for name in ("file", "memory")]
    assert texts[0] == texts[1]
    shown = report(tmp_path / "file")
    assert shown.result == held.result
    assert (tmp_path / "file" / "points.npz").stat().st_size < again.x[:].nbytes / 10


@pytest.mark.usefixtures("in_a_file")
def test_a_set_that_is_used_stays(photos: Path, monkeypatch: pytest.MonkeyPatch):
    """A part of it that was sent, as to a worker, is mapped for itself."""
    monkeypatch.setenv(VARIABLE, "1e-9")
    data = read(photos)
    [first] = photo_folder().iterdir()
    part = data.take(torch.arange(3)).x
    del data
    read(photos, fit="crop")
    assert first.is_dir()
    worker = pickle.loads(pickle.dumps(part))
    assert torch.equal(worker[:], part[:])
    del part
    read(photos, fit="crop", size=20)
    assert first.is_dir()
    del worker
    read(photos, fit="crop", size=24)
    assert not first.exists()


@pytest.mark.usefixtures("in_a_file")
def test_a_file_that_is_gone_is_a_sentence(photos: Path):
    data = read(photos)
    [folder] = photo_folder().iterdir()
    (folder / "pixels").unlink()
    with pytest.raises(SteadfitError, match="Read the photos again"):
        pickle.loads(pickle.dumps(data.x))[:1]


def test_a_study_of_others_names_no_file_beyond_the_sets():
    with pytest.raises(ValueError, match="no set"):
        Stored.named("../../etc", (1, 1, 1, 1), np.zeros(1, np.int64))
    with pytest.raises(ValueError, match="positions"):
        Stored.named("0" * 32, (1, 1, 1, 1), np.ones(1, np.int64))


@pytest.mark.usefixtures("in_a_file")
def test_a_simple_model_that_would_fill_the_memory_is_left_out(
    photos: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(images, "_ROWS", 10_000)
    data = read(photos)
    rivals = map(reference_of, ("logistic regression", "HOG and logistic regression"))
    for score in scores(rivals, data, data):
        assert "images as rows of" in score.left_out
