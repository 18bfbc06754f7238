"""MNIST: from a folder, from a download, and never with other contents."""

import gzip
import hashlib
import io
import urllib.error
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from steadfit.data import read
from steadfit.data.readers import mnist
from steadfit.errors import SteadfitError


def idx(values: np.ndarray) -> bytes:
    shape = np.array(values.shape, ">u4").tobytes()
    return bytes([0, 0, 8, values.ndim]) + shape + values.astype(np.uint8).tobytes()


FILES = {
    "train-images-idx3-ubyte": idx(np.arange(6 * 4).reshape(6, 2, 2)),
    "train-labels-idx1-ubyte": idx(np.array([0, 1, 2, 0, 1, 2])),
    "t10k-images-idx3-ubyte": idx(np.arange(100, 112).reshape(3, 2, 2)),
    "t10k-labels-idx1-ubyte": idx(np.array([2, 1, 0])),
}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small MNIST with hashes of its own, an empty cache, and no network."""
    hashes = {name: hashlib.md5(content).hexdigest() for name, content in FILES.items()}
    monkeypatch.setattr(mnist, "_MD5", hashes)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("STEADFIT_DATA", raising=False)
    serve(monkeypatch, no_network)
    return tmp_path / "cache" / "steadfit" / "mnist"


def serve(monkeypatch: pytest.MonkeyPatch, answer: Callable[[str], bytes]) -> list[str]:
    """Answer requests from a function instead of a network; the addresses asked for."""
    asked: list[str] = []

    def urlopen(url: str, timeout: float) -> io.BytesIO:
        asked.append(url)
        return io.BytesIO(answer(url))

    monkeypatch.setattr("urllib.request.urlopen", urlopen)
    return asked


def no_network(url: str) -> bytes:
    raise urllib.error.URLError("no network here")


def published(url: str) -> bytes:
    return gzip.compress(FILES[url.rsplit("/")[-1].removesuffix(".gz")])


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("below", ["", "mnist"])
def test_files_are_found_in_the_named_folder(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool, below: str
) -> None:
    folder = tmp_path / "data" / below
    folder.mkdir(parents=True)
    for name, content in FILES.items():
        path = folder / (f"{name}.gz" if packed else name)
        path.write_bytes(gzip.compress(content) if packed else content)
    monkeypatch.setenv("STEADFIT_DATA", str(tmp_path / "data"))
    data = read("mnist")
    assert data.y.tolist() == [0, 1, 2, 0, 1, 2, 2, 1, 0]
    assert data.x[7].flatten().tolist() == [104, 105, 106, 107]
    assert data.structure.is_test is not None
    assert data.structure.is_test.tolist() == [False] * 6 + [True] * 3
    assert (data.ids[5], data.ids[6], data.notes) == ("train 5", "test 0", ())


def test_a_download_is_said_kept_and_not_done_again(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = serve(monkeypatch, published)
    data = read("mnist")
    assert len(asked) == len(data.notes) == 4
    assert all("Downloaded https://" in note and str(cache) in note for note in data.notes)
    serve(monkeypatch, no_network)
    again = read("mnist")
    assert again.fingerprint == data.fingerprint
    assert again.notes == ()
    assert sorted(path.name for path in cache.iterdir()) == sorted(f"{n}.gz" for n in FILES)


def test_the_second_mirror_is_asked_when_the_first_fails(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = mnist._MIRRORS[0]
    asked = serve(monkeypatch, lambda url: b"<html>" if url.startswith(first) else published(url))
    assert len(read("mnist")) == 9
    assert len(asked) == 8


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (no_network, "could not be downloaded.*STEADFIT_DATA.*no network here"),
        (lambda url: published(url)[:-9], "not a complete gzip file"),
        (lambda url: gzip.compress(b"other"), "must be MNIST's train-images.*MD5"),
    ],
)
def test_a_failed_download_is_said_and_leaves_nothing(
    cache: Path, monkeypatch: pytest.MonkeyPatch, answer: Callable[[str], bytes], sentence: str
) -> None:
    serve(monkeypatch, answer)
    with pytest.raises(SteadfitError, match=sentence):
        read("mnist")
    assert not cache.exists()


def test_a_changed_file_in_the_folder_is_said(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content[:-1] + b"!")
    monkeypatch.setenv("STEADFIT_DATA", str(tmp_path))
    with pytest.raises(SteadfitError, match=r"train-images.* must be MNIST's .* with the MD5"):
        read("mnist")


def test_a_cache_that_cannot_be_written_is_said(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.parent.parent.mkdir()
    cache.parent.write_text("a file where the folder should be")
    serve(monkeypatch, published)
    with pytest.raises(SteadfitError, match=r"cannot be written: .* XDG_CACHE_HOME"):
        read("mnist")


def test_the_real_files(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEADFIT_DATA", str(shared_data))
    data = read("mnist")
    assert str(data) == "mnist · 70,000 images 1×28×28 · 10 classes"
    assert data.structure.is_test is not None
    train = data.take(torch.nonzero(~data.structure.is_test)[:, 0])
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]  # as published
    assert torch.bincount(train.y).tolist() == counts
    mean, std = 0.1307, 0.3081  # the constants that everyone's MNIST examples use
    assert train.x.double().mean() / 255 == pytest.approx(mean, abs=5e-5)
    assert train.x.double().std() / 255 == pytest.approx(std, abs=5e-5)
