"""The contract of every reader, and what `read` says of names and paths."""

import inspect
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow as pa
import pytest
import torch
from PIL import Image
from pyarrow import parquet

from faults.hostile import WHOLE, happened
from steadfit.data import Dataset, Ragged, carve, draw, fit_preparation, read, split
from steadfit.data.registry import NAMES, SUFFIXES
from steadfit.errors import SteadfitError
from steadfit.tasks import Classes, Tokens


def _folder(path: Path) -> Path:
    for i in range(8):
        (path / "ab"[i % 2]).mkdir(exist_ok=True)
        Image.new("L", (9, 8), 10 * i).save(path / "ab"[i % 2] / f"{i}.png")
    return path


def _npz(path: Path) -> Path:
    np.savez(path / "a.npz", x=np.arange(8 * 64).reshape(8, 8, 8), y=np.arange(8) % 2)
    return path / "a.npz"


def _ts(path: Path) -> Path:
    rows = [f"{i},{i + 1},2:{i % 2}" for i in range(8)]
    (path / "a.ts").write_text("\n".join(["@classLabel true 0 1", "@data", *rows]))
    return path / "a.ts"


def _csv(path: Path) -> Path:
    rows = [f"{i},{i + 1},{'ab'[i % 2]}" for i in range(8)]
    (path / "a.csv").write_text("\n".join(["t0,t1,label", *rows]))
    return path / "a.csv"


def _tsv(path: Path) -> Path:
    (path / "a.tsv").write_text(_csv(path).read_text().replace(",", "\t"))
    return path / "a.tsv"


def _parquet(path: Path) -> Path:
    table = pa.table({"t0": list(range(8)), "t1": [0.5] * 8, "label": list("abababab")})
    parquet.write_table(table, path / "a.parquet")
    return path / "a.parquet"


def _pq(path: Path) -> Path:
    return _parquet(path).rename(path / "a.pq")


def _xlsx(path: Path) -> Path:
    book = openpyxl.Workbook()
    for line in _csv(path).read_text().splitlines():
        cells = line.split(",")
        book.worksheets[0].append([int(cell) if cell.isdigit() else cell for cell in cells])
    book.save(path / "a.xlsx")
    return path / "a.xlsx"


def _txt(path: Path) -> Path:
    (path / "a.txt").write_text("some words, and more of them\n" * 200)
    return path / "a.txt"


def _arff(path: Path) -> Path:
    lines = _csv(path).read_text().splitlines()
    head = [f"@attribute {name} string" for name in lines[0].split(",")]
    (path / "a.arff").write_text("\n".join(["@relation a", *head, "@data", *lines[1:]]))
    return path / "a.arff"


def _jsonl(path: Path) -> Path:
    rows = [
        f'{{"t0": {i}, "t1": {i + 1}, "label": "{label}"}}' for i, label in enumerate("abababab")
    ]
    (path / "a.jsonl").write_text("\n".join(rows))
    return path / "a.jsonl"


def _ndjson(path: Path) -> Path:
    return _jsonl(path).rename(path / "a.ndjson")


EXAMPLES: dict[str, Callable[[Path], Path]] = {
    "folder": _folder,
    ".npz": _npz,
    ".ts": _ts,
    ".csv": _csv,
    ".tsv": _tsv,
    ".parquet": _parquet,
    ".pq": _pq,
    ".txt": _txt,
    ".xlsx": _xlsx,
    ".xlsm": lambda path: _xlsx(path).rename(path / "a.xlsm"),
    ".arff": _arff,
    ".jsonl": _jsonl,
    ".ndjson": _ndjson,
    ".json": lambda path: _jsonl(path).rename(path / "a.json"),
}


@pytest.fixture(params=[*NAMES, *EXAMPLES])
def dataset(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Dataset:
    if request.param == "mnist":
        monkeypatch.setenv("STEADFIT_DATA", str(request.getfixturevalue("shared_data")))
    make = EXAMPLES.get(request.param)
    return read(make(tmp_path) if make else request.param)


def test_every_suffix_has_an_example() -> None:
    assert set(SUFFIXES) <= set(EXAMPLES)


@pytest.mark.parametrize("reader", dict.fromkeys([*NAMES.values(), *SUFFIXES.values()]))
def test_readers_take_a_source_and_named_options(reader: Callable) -> None:
    source, *options = inspect.signature(reader).parameters.values()
    assert source.name == "source"
    assert all(option.kind is option.KEYWORD_ONLY for option in options)
    for option in options:
        assert re.search(rf"\b{option.name}\b[,:]", reader.__doc__ or ""), option.name


def test_every_reader_gives_a_whole_dataset(dataset: Dataset) -> None:
    n = len(dataset)
    if isinstance(dataset.x, Ragged):
        assert dataset.x.values.dtype == (torch.int64 if dataset.x.tokens else torch.float32)
        assert dataset.x.lengths.min() > 0
        assert dataset.x.lengths.sum() == len(dataset.x.values)
    else:
        assert dataset.x.ndim == 4
        assert dataset.x.dtype in (torch.uint8, torch.float32)
    assert len(dataset.x) == len(dataset.y) == n
    assert len(dataset.ids) == len(set(dataset.ids)) == n
    if isinstance(dataset.schema.task, Classes):
        assert dataset.y.dtype == torch.int64
        assert sorted(dataset.y.unique().tolist()) == list(range(len(dataset.classes)))
    elif isinstance(dataset.schema.task, Tokens):
        assert tuple(dataset.y.shape) == tuple(dataset.x.shape)
    parts = split(dataset)
    sample = draw(parts.train, "bootstrap", 0)
    training, validation = carve(parts.train, sample, 0.3, 0)
    assert min(len(training), len(validation), len(parts.test)) > 0
    fitted = fit_preparation(parts.train, training)
    assert fitted.inputs(parts.test.x).shape == parts.test.x.shape
    assert fitted.targets(parts.test.y).shape == parts.test.y.shape


def test_the_same_source_gives_the_same_data(tmp_path: Path) -> None:
    for make in EXAMPLES.values():
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        assert read(make(folder)).fingerprint == read(make(folder)).fingerprint


def test_limit_keeps_the_classes_in_proportion(tmp_path: Path) -> None:
    y = np.repeat([0, 1, 2], [60, 30, 10])
    np.savez(tmp_path / "a.npz", x=np.zeros((100, 2, 2)), y=y, x_test=np.ones((5, 2, 2)),
             y_test=[0, 1, 2, 2, 2])  # fmt: skip
    data = read(tmp_path / "a.npz", limit=20)
    assert data.structure.is_test is not None
    assert torch.bincount(data.y[~data.structure.is_test]).tolist() == [12, 6, 2]
    assert data.ids[20:] == tuple(f"x_test row {i}" for i in range(5))
    assert data.fingerprint == read(tmp_path / "a.npz", limit=20).fingerprint


def test_limit_keeps_the_earliest_of_data_in_time_order(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("abcdefghij" * 20)
    assert read(tmp_path / "a.txt", block=20, limit=3).ids == tuple(
        f"character {start}" for start in (0, 20, 40)
    )


@pytest.mark.parametrize(
    ("source", "options", "sentence"),
    [
        ("digitz", {}, 'no file, folder or data set "digitz". Did you mean "digits"'),
        ("./digits", {}, "There is no file or folder"),
        ("nowhere.npz", {}, "There is no file or folder nowhere.npz"),
        ("digits", {"limt": 3}, 'Did you mean "limit"'),
        ("digits", {"limit": 0}, "from 1 to the 1797 training examples, got 0"),
        ("digits", {"limit": 1798}, "got 1798"),
    ],
)
def test_what_cannot_be_read_is_said(source: str, options: dict, sentence: str, tmp_path: Path,
                                     monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SteadfitError, match=sentence):
        read(source, **options)


def test_a_file_of_an_unknown_kind_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.npzz").touch()
    with pytest.raises(SteadfitError, match=r'"\.npzz"\. Did you mean "\.npz"'):
        read(tmp_path / "a.npzz")


def test_the_training_part_leaves_the_own_test_set_out(tmp_path: Path) -> None:
    x = np.arange(12 * 64).reshape(12, 8, 8)
    np.savez(tmp_path / "a.npz", x=x[:8], y=np.arange(8) % 2, x_test=x[8:], y_test=np.arange(4) % 2)
    whole = read(tmp_path / "a.npz")
    assert whole.structure.is_test is not None
    part = read(tmp_path / "a.npz", part="train", limit=6)
    assert part.structure.is_test is None
    assert len(part) == 6
    assert set(part.ids) <= {whole.ids[i] for i in np.flatnonzero(~whole.structure.is_test)}
    with pytest.raises(SteadfitError, match=r'no part of a data set "tests"\. Known: train'):
        read(tmp_path / "a.npz", part="tests")
    with pytest.raises(SteadfitError, match="digits has none"):
        read("digits", part="train")


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".pkl", ".pickle", ".joblib"])
@pytest.mark.parametrize("content", ["a pickle", "an old pickle", "a checkpoint"])
def test_a_pickle_is_refused_and_never_loaded(tmp_path: Path, suffix: str, content: str) -> None:
    """Whatever it is called: under its own suffix, or as a kind of file that is read."""
    path = tmp_path / f"data{suffix}"
    path.write_bytes(WHOLE[content])
    happened.clear()
    with pytest.raises(SteadfitError, match=r"can run code when it is read, and is never read\."):
        read(path)
    for kind in SUFFIXES:
        with pytest.raises(SteadfitError):
            read(path, kind=kind)
    assert not happened


def test_what_cannot_be_read_as_it_is_leads_to_what_can(tmp_path: Path) -> None:
    series = _ts(tmp_path)
    with pytest.raises(SteadfitError, match=f"a folder with {series.name}. Give one"):
        read(tmp_path)
    table = _csv(tmp_path)
    text = table.rename(tmp_path / "table.txt")
    with pytest.raises(SteadfitError, match=r'target is of tables.* give kind="\.csv"'):
        read(text, target="label")
    other = text.rename(tmp_path / "table.data")
    with pytest.raises(SteadfitError, match=r'say what it is: kind="\.csv"'):
        read(other)
    assert len(read(other, kind=".csv")) > 1


def test_narrow_arrays_may_be_series(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.random.default_rng(0).normal(size=(6, 40, 3)), y=[0, 1] * 3)
    (note,) = read(tmp_path / "a.npz").notes
    assert 'kind="series" reads it as series' in note
    assert (
        str(read(tmp_path / "a.npz", kind="series")) == "a · 6 series of 40 steps × 3 · 2 classes"
    )
