"""An ONNX file as the features of images: against onnxruntime by hand, and what is refused."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

import steadfit as sf
from steadfit.data import Dataset, from_arrays
from steadfit.errors import SteadfitError
from steadfit.models import complete, pretrained
from steadfit.recipe import Model
from steadfit.training.features import features_of

SIDE = 16
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEADFIT_CACHE", str(tmp_path / "cache"))


def graph_file(
    path: Path,
    shape: Sequence[int | str] = ("batch", 3, "height", "width"),
    last: bool = False,
    pooled: bool = True,
    several: bool = False,
    seed: int = 0,
) -> Path:
    """Seven features: a convolution, ReLU, and the mean over what places are left.

    several: whether the maps are an output too. last: whether images come with their channels
    last. pooled: whether the mean is in the graph.
    """
    rng = np.random.default_rng(seed)
    weights = rng.normal(size=(7, 3, 3, 3)).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["seen", "weights"], ["edges"], strides=[2, 2]),
        helper.make_node("Relu", ["edges"], ["maps"]),
    ]
    if last:
        nodes.insert(0, helper.make_node("Transpose", ["images"], ["seen"], perm=[0, 3, 1, 2]))
    else:
        nodes.insert(0, helper.make_node("Identity", ["images"], ["seen"]))
    if pooled:
        nodes += [
            helper.make_node("GlobalAveragePool", ["maps"], ["means"]),
            helper.make_node("Flatten", ["means"], ["features"]),
        ]
    elif last:
        nodes.append(helper.make_node("Transpose", ["maps"], ["features"], perm=[0, 2, 3, 1]))
    else:
        nodes.append(helper.make_node("Identity", ["maps"], ["features"]))
    outputs = [("features", not pooled), *([("maps", True)] if several else [])]
    given = [helper.make_tensor_value_info("images", TensorProto.FLOAT, shape)]
    found = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * (4 if maps else 2))
        for name, maps in outputs
    ]
    graph = helper.make_graph(
        nodes, "seer", given, found, [numpy_helper.from_array(weights, "weights")]
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path.write_bytes(made.SerializeToString())
    return path


def photos(count: int = 30, side: int = SIDE) -> Dataset:
    """Two classes, that differ by how bright a corner is."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 150, (count, side, side, 3), dtype=np.uint8)
    x[1::2, :8, :8] += 100
    return from_arrays(x, ["dark", "light"] * (count // 2), layout="channels_last")


def by_hand(file: Path, data: Dataset, last: bool = False) -> np.ndarray:
    """The features of each image alone."""
    session = onnxruntime.InferenceSession(file.read_bytes())
    x = (data.x.float() / 255 - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[
        :, None, None
    ]
    images = x.numpy().transpose(0, 2, 3, 1) if last else x.numpy()
    found = np.concatenate([session.run(None, {"images": one[None]})[0] for one in images])
    return found.mean((1, 2) if last else (2, 3)) if found.ndim == 4 else found


def settings_of(network, **settings) -> dict:
    return complete(Model(name=network.name, settings=settings, network=network)).settings


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"pooled": False},
        {"last": True, "shape": ("batch", "height", "width", 3)},
        {"last": True, "shape": ("batch", "height", "width", 3), "pooled": False},
        {"shape": (1, 3, SIDE, SIDE)},
        {"shape": ("batch", "channels", SIDE, SIDE)},
    ],
    ids=["any", "maps", "channels last", "maps with channels last", "fixed", "fixed size"],
)
def test_the_features_are_those_that_onnxruntime_gives(tmp_path: Path, form: dict) -> None:
    file, data = graph_file(tmp_path / "seer.onnx", **form), photos()
    network = pretrained(f"onnx:{file}")
    found = features_of(network, settings_of(network, side=SIDE), data)
    wanted = by_hand(file, data, form.get("last", False))
    np.testing.assert_allclose(found.x[:, :, 0, 0], wanted, rtol=1e-4, atol=1e-5)
    assert network.source.preferred.size == (SIDE if SIDE in form.get("shape", ()) else 224)


def test_a_fixed_number_of_images_is_filled_up(tmp_path: Path) -> None:
    """The graph takes four at a time, and there are thirty; onnxruntime by hand takes any."""
    four = graph_file(tmp_path / "four.onnx", shape=(4, 3, SIDE, SIDE))
    free = graph_file(tmp_path / "free.onnx")
    network = pretrained(f"onnx:{four}")
    found = features_of(network, settings_of(network), photos())
    np.testing.assert_allclose(found.x[:, :, 0, 0], by_hand(free, photos()), rtol=1e-4, atol=1e-5)


def test_the_saved_model_carries_the_file(tmp_path: Path) -> None:
    file, data = graph_file(tmp_path / "my seer.onnx"), photos()
    done = sf.fit(
        data,
        f"onnx:{file}",
        settings={"side": SIDE},
        training={"epochs": 100, "optimizer": {"learning_rate": 0.02}},
        out=tmp_path / "run",
        reference=False,
    )
    assert any("Nothing says how onnx:my_seer.onnx was shown" in note for note in done.data_notes)
    features = by_hand(file, data)
    file.unlink()
    model = sf.TrainedModel.load(tmp_path / "run")
    np.testing.assert_array_equal(model.logits(data.x), done.model.logits(data.x))
    module = model.module.network
    scaled = (torch.from_numpy(features) - module.mean) / module.std
    wanted = module.head(scaled[:, :, None, None]).detach().numpy()
    np.testing.assert_allclose(model.logits(data.x)[0], wanted, rtol=1e-3, atol=1e-4)
    assert (model.predict(data.x) == np.array(["dark", "light"] * 15)).mean() > 0.9
    model.save(tmp_path / "again")
    again = sf.TrainedModel.load(tmp_path / "again")
    np.testing.assert_array_equal(model.logits(data.x), again.logits(data.x))
    with pytest.raises(SteadfitError, match="run by onnxruntime"):
        model.export(tmp_path / "seer2.onnx")


def test_a_study_has_it_as_its_baseline(tmp_path: Path) -> None:
    file = graph_file(tmp_path / "seer.onnx", shape=("batch", 3, SIDE, SIDE))
    study = sf.study(
        photos(),
        f"onnx:{file}",
        ["dropout=0.2"],
        training={"epochs": 1},
        repetitions=1,
        folds=2,
        variance="none",
        reference=False,
        processes=1,
        out=tmp_path / "run",
    )
    assert study.model is not None
    file.unlink()
    assert sf.TrainedModel.load(tmp_path / "run").predict(photos().x).shape == (30,)


@pytest.mark.parametrize("learn", ["tuned", "scratch"])
def test_it_is_frozen(tmp_path: Path, learn: str) -> None:
    file = graph_file(tmp_path / "seer.onnx", shape=("batch", 3, SIDE, SIDE))
    with pytest.raises(SteadfitError, match="frozen"):
        sf.fit(photos(), f"onnx:{file}", settings={"learn": learn}, out=tmp_path / "run")
    with pytest.raises(SteadfitError, match="frozen"):
        sf.study(photos(), f"onnx:{file}", [learn], out=tmp_path / "study")


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"shape": ("batch", 4, SIDE, SIDE)}, r"\(batch, 3, height, width\).*images.*4, 16, 16"),
        ({"shape": ("batch", 3, SIDE, 2 * SIDE)}, "square images"),
        ({"several": True}, "one output.*features.*maps.*extract_model"),
    ],
    ids=["channels", "oblong", "outputs"],
)
def test_other_graphs_are_refused(tmp_path: Path, form: dict, words: str) -> None:
    file = graph_file(tmp_path / "seer.onnx", **form)
    with pytest.raises(SteadfitError, match=words):
        pretrained(f"onnx:{file}")


@pytest.mark.parametrize(
    ("kind", "shape", "words"),
    [
        (TensorProto.FLOAT, ("batch", 48), "48"),
        (TensorProto.UINT8, ("batch", 3, SIDE, SIDE), "uint8"),
        (TensorProto.INT64, ("batch", "tokens"), "int64"),
    ],
)
def test_graphs_of_other_inputs_are_refused(tmp_path: Path, kind: int, shape, words: str) -> None:
    value = helper.make_tensor_value_info("x", kind, shape)
    other = helper.make_tensor_value_info("y", kind, shape)
    node = helper.make_node("Identity", ["x"], ["y"])
    graph = helper.make_graph([node], "other", [value], [other])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    (tmp_path / "other.onnx").write_bytes(made.SerializeToString())
    with pytest.raises(SteadfitError, match=rf"float32 images, \(batch, 3, .*x \(.*{words}"):
        pretrained(f"onnx:{tmp_path / 'other.onnx'}")


def test_the_advice_on_several_outputs_leads_to_a_result(tmp_path: Path) -> None:
    file = graph_file(tmp_path / "seer.onnx", several=True)
    onnx.utils.extract_model(str(file), str(tmp_path / "one.onnx"), ["images"], ["features"])
    network = pretrained(f"onnx:{tmp_path / 'one.onnx'}")
    assert features_of(network, settings_of(network, side=SIDE), photos()).x.shape[1] == 7


def test_weights_beside_the_file_are_refused_and_the_advice_leads_to_a_result(
    tmp_path: Path,
) -> None:
    file, apart = graph_file(tmp_path / "seer.onnx"), tmp_path / "apart.onnx"
    onnx.save(
        onnx.load(file), apart, save_as_external_data=True, location="apart.data", size_threshold=0
    )
    with pytest.raises(SteadfitError, match=r"onnx\.save\(onnx\.load\(FILE\), NEW\)"):
        pretrained(f"onnx:{apart}")
    onnx.save(onnx.load(apart), tmp_path / "one.onnx")
    pretrained(f"onnx:{tmp_path / 'one.onnx'}")


def test_what_is_no_graph_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"no graph", graph_file(tmp_path / "seer.onnx").read_bytes()[:-900]):
        (tmp_path / "other.onnx").write_bytes(content)
        with pytest.raises(SteadfitError, match=r"other\.onnx cannot give features of images"):
            pretrained(f"onnx:{tmp_path / 'other.onnx'}")
    with pytest.raises(SteadfitError, match="No such file"):
        pretrained(f"onnx:{tmp_path / 'absent.onnx'}")
    for beside in ({"weights": tmp_path / "seer.onnx"}, {"size": 32}):
        with pytest.raises(SteadfitError, match="Leave weights and size out"):
            pretrained(f"onnx:{tmp_path / 'seer.onnx'}", **beside)


def test_images_of_another_size_than_it_takes_are_refused(tmp_path: Path) -> None:
    file = graph_file(tmp_path / "seer.onnx", shape=("batch", 3, SIDE, SIDE))
    with pytest.raises(SteadfitError, match="does not take images of 32×32 pixels"):
        sf.fit(photos(), f"onnx:{file}", settings={"side": 32}, out=tmp_path / "run")


def test_a_changed_file_and_other_colours_are_other_features(tmp_path: Path) -> None:
    """The identity is what tells replicas and kept features apart."""
    file = graph_file(tmp_path / "seer.onnx")
    network = pretrained(f"onnx:{file}")
    settings = settings_of(network, side=SIDE)
    first = features_of(network, settings, photos()).x
    grey = pretrained(f"onnx:{file}", mean=(0.5,) * 3, std=(0.5,) * 3)
    assert grey.identity != network.identity
    assert not torch.equal(features_of(grey, settings, photos()).x, first)
    assert grey.notes(settings, (3, SIDE, SIDE))[1:] == ()  # nothing was assumed
    graph_file(file, seed=1)
    changed = pretrained(f"onnx:{file}")
    assert changed.identity != network.identity
    assert not torch.equal(features_of(changed, settings, photos()).x, first)
    with pytest.raises(SteadfitError, match="has changed"):
        features_of(network, settings, photos(2, 2 * SIDE))
