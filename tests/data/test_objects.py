"""Data that people have in memory: pairs, frames, data sets of torch's and Hugging Face's."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader, IterableDataset, Subset, TensorDataset
from torch.utils.data import Dataset as TorchDataset

from steadfit.data import from_arrays, from_texts, read
from steadfit.data.registry import dataset_of
from steadfit.errors import SteadfitError
from steadfit.kinds import Images, Series, Texts

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 255, (6, 5, 4, 3), dtype=np.uint8)
LABELS = np.arange(6) % 2
WORDS = ["a film", "a book", "a song"] * 2


class Frame:
    """A frame that shows nothing but Arrow's interface, as polars' does."""

    def __init__(self, **columns):
        self._table = pa.table(columns)
        self.columns = list(columns)

    def __arrow_c_stream__(self, requested_schema=None):
        return self._table.__arrow_c_stream__(requested_schema)


class Items(TorchDataset):
    def __init__(self, items, classes=None):
        self.items = items
        if classes is not None:
            self.classes = classes

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


class Endless(IterableDataset):
    def __iter__(self):
        return iter([])


class ClassLabel:
    def __init__(self, names):
        self.names = names


class Value:
    pass


class HuggingFace:
    """What a data set of theirs has that is used here."""

    def __init__(self, columns, features):
        self._columns, self.features = columns, features
        self.column_names = list(columns)

    def __len__(self):
        return len(next(iter(self._columns.values())))

    def __getitem__(self, i):
        return {name: values[i] for name, values in self._columns.items()}

    def to_pandas(self):
        return pd.DataFrame(self._columns)


def test_pairs_are_told_by_their_shape():
    flat, y = RNG.normal(size=(6, 3)), torch.arange(6) % 2
    images, series, texts, rows = (
        dataset_of((x, y)) for x in (torch.from_numpy(PIXELS), [flat[:2], *[flat] * 5], WORDS, flat)
    )
    assert images.fingerprint == from_arrays(PIXELS, LABELS).fingerprint
    assert isinstance(series.schema.kind, Series)
    assert series.x.lengths.tolist() == [2, 6, 6, 6, 6, 6]
    assert texts.fingerprint == from_texts(WORDS, LABELS).fingerprint
    np.testing.assert_array_equal(rows.schema.kind.plain(rows.x), flat.astype(np.float32))
    assert dataset_of([np.array(WORDS, object), LABELS]).classes == ("0", "1")


@pytest.mark.parametrize("make", [pd.DataFrame, pa.table, lambda columns: Frame(**columns)])
def test_frames_are_read_as_tables(make, tmp_path):
    columns = {"age": [1.0, 2.0, 3.0, 4.0], "size": [0.5, 0.25, 1.0, 2.0], "kind": list("abab")}
    frame = make(columns)
    data = read(frame, target="kind")
    path = tmp_path / "table.csv"
    pd.DataFrame(columns).to_csv(path, index=False)
    assert data.fingerprint == read(path, target="kind").fingerprint
    x = make({name: columns[name] for name in ("age", "size")})
    assert dataset_of((x, pd.Series(columns["kind"]))).fingerprint == data.fingerprint
    assert dataset_of(make({**columns, "kind": [1, 2, 1, 2], "class": list("abab")})).classes == (
        "a", "b",
    )  # fmt: skip


def test_a_frame_of_texts():
    frame = pd.DataFrame({"text": WORDS, "label": LABELS})
    data = dataset_of(frame)
    assert isinstance(data.schema.kind, Texts)
    assert dataset_of((frame[["text"]], frame["label"])).fingerprint == data.fingerprint


def test_torchs_data_sets():
    x, y = torch.from_numpy(PIXELS).permute(0, 3, 1, 2).float() / 255, torch.from_numpy(LABELS)
    expected = from_arrays(x, LABELS, layout="channels_first").fingerprint
    assert dataset_of(TensorDataset(x, y)).fingerprint == expected
    items = Items(list(zip(x, LABELS.tolist(), strict=True)))
    assert dataset_of(items).fingerprint == expected
    part = dataset_of(Subset(items, [0, 1, 3, 4]))
    np.testing.assert_array_equal(part.x, x[[0, 1, 3, 4]])
    pictures = [(Image.fromarray(one), label) for one, label in zip(PIXELS, LABELS, strict=True)]
    named = dataset_of(Items(pictures, classes=["zebra", "ant"]))
    assert named.classes == ("ant", "zebra")
    assert named.schema.task.labels(named.y)[0] == "zebra"
    np.testing.assert_array_equal(named.x, PIXELS.transpose(0, 3, 1, 2))
    numbers = dataset_of(Items([(one, torch.tensor([0.5 * i])) for i, one in enumerate(x)]))
    assert numbers.y.flatten().tolist() == [0, 0.5, 1, 1.5, 2, 2.5]


def test_hugging_faces_data_sets():
    label = ClassLabel(["bad", "good"])
    columns = {"text": WORDS, "label": LABELS.tolist()}
    data = dataset_of(HuggingFace(columns, {"text": Value(), "label": label}))
    assert data.classes == ("bad", "good")
    assert isinstance(data.schema.kind, Texts)
    shown = type("Image", (), {})()
    columns = {"image": [Image.fromarray(one) for one in PIXELS], "label": LABELS.tolist()}
    images = dataset_of(HuggingFace(columns, {"image": shown, "label": label}))
    assert isinstance(images.schema.kind, Images)
    assert images.schema.task.labels(images.y)[:2] == ("bad", "good")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (DataLoader(TensorDataset(torch.zeros(2, 3), torch.zeros(2))), "Give its data set: loader"),
        (np.zeros((3, 4)), r"got numpy.ndarray. Give the targets too: a pair \(x, y\)"),
        ({"x": 1}, "got builtins.dict. Give a pair"),
        (3, "got builtins.int"),
        (TensorDataset(torch.zeros(2, 3)), "must have two tensors, .* got 1"),
        (Endless(), "must have a length, got Endless without"),
        (Items([]), "must be a pair .* got no items"),
        (Items([{"x": 1}]), "must be a pair .* got builtins.dict"),
        (Items([(PIXELS[0], 0), (PIXELS[0, :3, :3], 1)]), "Images must have one size"),
        (Items([(PIXELS[0], [0]), (PIXELS[0], [0, 1])]), "All targets must have one shape"),
        ((np.zeros((4, 3, 2)), LABELS[:4]), r"tell images from series, got .* \(4, 3, 2\)"),
        ((pd.DataFrame({"a": [1.0, 2]}), [1]), "x has 2 rows and y has 1"),
        (HuggingFace({"image": [1]}, {"image": type("Image", (), {})()}), "one of class "),
    ],
)
def test_what_is_no_data_set_is_refused_with_what_to_give(data, said):
    with pytest.raises(SteadfitError, match=said):
        dataset_of(data)


@pytest.mark.parametrize(
    ("feature", "rows", "shape"),
    [
        ("Array2D", PIXELS[:4, :, :, 0].tolist(), (1, 5, 4)),
        ("List", [[0.5, 1.0], [1.0, 2.0, 3.0], [0.0, 1.0], [2.0]], (1, 3)),
    ],
)
def test_columns_of_arrays_are_no_texts(feature, rows, shape):
    label = type("ClassLabel", (), {"names": ["cat", "dog"]})()
    dtype = {"dtype": "uint8"} if feature == "Array2D" else {}
    features = {"x": type(feature, (), dtype)(), "y": label}
    data = dataset_of(HuggingFace({"x": rows, "y": [0, 1, 0, 1]}, features))
    assert (data.example_shape, data.classes) == (shape, ("cat", "dog"))


def test_a_lazy_frame_is_to_be_collected():
    with pytest.raises(SteadfitError, match=r"Give frame\.collect\(\)"):
        dataset_of(type("LazyFrame", (), {})())


def test_several_data_sets_are_refused():
    class DatasetDict(dict):
        column_names = {}  # noqa: RUF012

    with pytest.raises(SteadfitError, match=r'got several: train, test. .* data\["train"\]'):
        dataset_of(DatasetDict(train=1, test=2))
