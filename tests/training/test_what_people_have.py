"""`predict` on paths, images, texts, tables, arrays and lists, one example or several."""

from pathlib import Path

import numpy as np
import pandas
import pyarrow as pa
import pytest
import torch
from PIL import Image

from steadfit.data import read
from steadfit.errors import SteadfitError
from steadfit.training import TrainedModel
from training.export_cases import images, series, texts, untrained, windows


@pytest.fixture(scope="module")
def of_images() -> TrainedModel:
    return untrained(images(), "convnet", width=0.1)


@pytest.fixture(scope="module")
def of_series() -> TrainedModel:
    return untrained(series(), "recurrent", hidden=4)


@pytest.fixture(scope="module")
def of_texts() -> TrainedModel:
    return untrained(texts(), "recurrent", hidden=4)


def test_images(of_images, tmp_path):
    x = images().x
    expected = of_images.logits(x)
    last = x.permute(0, 2, 3, 1).numpy()
    pictures = [Image.fromarray(each) for each in last]
    for number, picture in enumerate(pictures):
        picture.save(tmp_path / f"{number:02}.png")
    files = sorted(tmp_path.iterdir())
    several = [
        x.numpy(),
        last,
        last.tolist(),
        list(x),
        pictures,
        files,
        list(map(str, files)),
        tmp_path,
        str(tmp_path),
    ]
    for given in several:
        np.testing.assert_array_equal(of_images.logits(given), expected)
    for given in (x[3], last[3], last[3].tolist(), pictures[3], files[3], str(files[3])):
        np.testing.assert_allclose(of_images.logits(given), expected[:, 3:4], atol=1e-6)
        assert of_images.predict(given).shape == (1,)


def test_an_image_of_another_size_is_resized_as_in_training(of_images, tmp_path):
    """A folder read at a size, and a model that meets one of its files again."""
    rng = np.random.default_rng(1)
    for number in range(8):
        pixels = rng.integers(0, 256, (10 + number, 13, 3), np.uint8)
        (tmp_path / f"{number % 2}").mkdir(exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / f"{number % 2}" / f"{number}.png")
    data = read(tmp_path, size=8)
    file = tmp_path / data.ids[5]
    expected = of_images.logits(data.x[5:6])
    np.testing.assert_array_equal(of_images.logits(file), expected)
    np.testing.assert_array_equal(of_images.logits(Image.open(file)), expected)


def test_grey_images_may_lack_their_channel():
    data = read("digits", limit=20)
    model = untrained(data, "mlp", width=0.1)
    expected = model.logits(data.x)
    np.testing.assert_array_equal(model.logits(data.x[:, 0].numpy()), expected)
    np.testing.assert_allclose(model.logits(data.x[7, 0].tolist()), expected[:, 7:8], atol=1e-6)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("nowhere.png", "There is no file or folder nowhere.png"),
        (["nowhere.png"], "nowhere.png cannot be used"),
        (np.zeros((2, 3, 9, 8)), r"shape \(examples, 3, 8, 8\), got an array of shape \(2, 3, 9"),
        (np.array(["a"]), "must be paths, images of Pillow's or arrays, got texts"),
        (pandas.DataFrame({"a": ["b"]}), "must be paths"),
        ([], r"got an array of shape \(0,\)"),
        (None, "x must have a value for each example"),
        (np.full((3, 8, 8), np.nan), "must be finite"),
    ],
)
def test_what_is_no_image_is_a_sentence(of_images, given, said):
    with pytest.raises(SteadfitError, match=said):
        of_images.predict(given)


def test_series(of_series):
    x = series().x
    expected = of_series.logits(x)
    rows = list(x.rows())
    for given in (rows, [row.tolist() for row in rows], [torch.from_numpy(row) for row in rows]):
        np.testing.assert_allclose(of_series.logits(given), expected, atol=1e-6)
    for given in (rows[0], rows[0].tolist(), torch.from_numpy(rows[0]), rows[0][None]):
        np.testing.assert_allclose(of_series.logits(given), expected[:, :1], atol=1e-6)


def test_a_table_is_read_as_the_one_trained_on(tmp_path):
    rng = np.random.default_rng(0)
    frame = pandas.DataFrame(rng.normal(size=(8, 5)), columns=list("vwxyz"))
    frame["label"] = list("ab") * 4
    frame.to_csv(tmp_path / "data.csv", index=False)
    data = read(tmp_path / "data.csv", target="label", kind="series")
    model = untrained(data, "recurrent", hidden=4)
    expected = model.logits(data.x)
    steps = frame[list("zyxwv")]  # the order of columns is that of the training
    for given in (steps, steps.set_index(pandas.Index(range(5, 13))), pa.table(steps), frame):
        np.testing.assert_array_equal(model.logits(given), expected)
    np.testing.assert_array_equal(model.logits(tmp_path / "data.csv"), expected)
    np.testing.assert_array_equal(model.logits(str(tmp_path / "data.csv")), expected)
    one = frame[list("vwxyz")].to_numpy()[2]
    np.testing.assert_allclose(model.logits(one), expected[:, 2:3], atol=1e-6)
    with pytest.raises(SteadfitError, match="the table must have the columns v, w, x, y, z"):
        model.predict(steps.drop(columns="w"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (np.zeros((2, 5, 3)), "takes series with channels: 2, got series with channels: 3"),
        (np.zeros(5), r"takes series with channels: 2, got an array of float64 of shape \(5,\)"),
        ([[[1.0, np.nan]]], "missing in 1 of 1 series"),
        (["up"], "takes series with channels: 2, got an array of <U2"),
        (pandas.DataFrame({"a": [[1.0]]}), "columns must have single values"),
        ([], r"got an array of float64 of shape \(0,\)"),
    ],
)
def test_what_is_no_series_is_a_sentence(of_series, given, said):
    with pytest.raises(SteadfitError, match=said):
        of_series.predict(given)


def test_a_window_is_forecast():
    model = untrained(windows(), "recurrent", hidden=4)
    window = np.random.default_rng(0).normal(size=(9, 2))
    assert model.predict(window).shape == (1, 2)


def test_texts(of_texts, tmp_path):
    given = ["so it is", "what was that which never"]
    expected = of_texts.logits(given)
    (tmp_path / "new.txt").write_text("\n".join(given))
    frame = pandas.DataFrame({"text": given, "stars": [1, 2]})
    for same in (
        tuple(given),
        np.array(given),
        pandas.Series(given),
        frame,
        pa.table({"text": given}),
        Path(tmp_path / "new.txt"),
    ):
        np.testing.assert_array_equal(of_texts.logits(same), expected)
    np.testing.assert_allclose(of_texts.logits(given[0]), expected[:, :1], atol=1e-6)
    assert of_texts.predict("so it is").shape == (1,)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([1, 2], "takes texts of words, got int, int"),
        ([], "takes texts of words, got nothing"),
        (3.0, "takes texts of words, got float"),
        ([""], "1 text has no words: row 0"),
        ({"text": "so"}, "takes texts of words, got"),
    ],
)
def test_what_is_no_text_is_a_sentence(of_texts, given, said):
    with pytest.raises(SteadfitError, match=said):
        of_texts.predict(given)


def test_what_the_reader_has_to_tell_is_a_warning(of_images, tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"nothing")
    with pytest.warns(UserWarning, match=r"b\.png cannot be predicted"):
        assert of_images.predict(tmp_path).shape == (1,)


def test_the_network_and_its_preparation_are_told_apart(of_series):
    x = series().x
    prepared = of_series.preparation.inputs(x)
    with torch.inference_mode():
        logits = of_series.module(of_series.facts.schema.kind.padded(prepared))
    np.testing.assert_allclose(logits.numpy(), of_series.logits(x)[0], atol=1e-6)
    several = untrained(series(), "recurrent", 2, hidden=4)
    with pytest.raises(SteadfitError, match="a single network, got an ensemble of 2"):
        _ = several.module


def test_a_run_folder_or_its_model_is_loaded(of_texts, tmp_path):
    of_texts.save(tmp_path / "run" / "model")
    for folder in (tmp_path / "run", tmp_path / "run" / "model", str(tmp_path / "run")):
        assert isinstance(TrainedModel.load(folder), TrainedModel)
