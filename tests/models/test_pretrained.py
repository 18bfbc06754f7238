"""Pretrained networks: their sources, weights, ways to learn, and what is refused."""

import hashlib
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from models.vision import declare_operators
from steadfit.data import from_arrays
from steadfit.errors import SteadfitError
from steadfit.models import Pretrained, build, complete, pretrained
from steadfit.recipe import Model

SIDE = 16


class Seer(nn.Module):
    """Two convolutions; what it was trained for is gone."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 4, 3, stride=2, padding=1),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.Conv2d(4, 6, 3, stride=2, padding=1),
        )
        self.classifier = nn.Linear(6, 9)


def model_of(network: Pretrained, **settings: bool | int | float | str) -> Model:
    return complete(Model(name=network.name, settings=settings, network=network))


def test_the_features_are_those_of_the_weights_given(tmp_path: Path) -> None:
    torch.manual_seed(1)
    told = Seer()
    file = tmp_path / "seer.safetensors"
    save_file({f"network.{k}": v for k, v in told.state_dict().items()}, file)
    network = pretrained(Seer, file, size=SIDE)
    made = build(model_of(network), (3, SIDE, SIDE), 5).eval()
    x = torch.randn(7, 3, SIDE, SIDE)
    with torch.no_grad():
        wanted = told.eval().features(x).mean((2, 3))
        found = made.network.features(x)
    torch.testing.assert_close(found, wanted)
    assert made(x).shape == (7, 5)


def test_a_grey_image_is_shown_three_times_and_enlarged_with_its_proportions() -> None:
    network = pretrained(Seer(), size=32)
    made = build(model_of(network), (1, 8, 6), 2).network
    seen: list[torch.Tensor] = []
    made.backbone.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    made(torch.rand(2, 1, 8, 6))
    assert seen[0].shape == (2, 3, 32, 24)
    assert torch.equal(seen[0][:, 0], seen[0][:, 2])


@pytest.mark.parametrize("learn", ["frozen", "tuned", "scratch"])
def test_what_is_drawn_anew_and_what_learns(learn: str) -> None:
    torch.manual_seed(2)
    told = Seer()
    network = pretrained(told, size=SIDE)
    made = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        made.append(build(model_of(network, learn=learn), (3, SIDE, SIDE), 2).network)
    first, second = (one.backbone.network.features[0].weight for one in made)
    assert torch.equal(first, told.features[0].weight) == (learn != "scratch")
    assert torch.equal(first, second) == (learn != "scratch")
    assert first.requires_grad == (learn != "frozen")
    heads = [torch.cat([p.flatten() for p in one.head.parameters()]) for one in made]
    assert not torch.equal(*heads)


def test_the_first_layers_of_a_tuned_network_learn_slowest() -> None:
    network = pretrained(Seer(), size=SIDE)
    made = build(model_of(network, learn="tuned", slower=0.2), (3, SIDE, SIDE), 2).network
    shares = [p.rate_share for p in made.backbone.parameters() if hasattr(p, "rate_share")]
    parts = len(list(made.backbone.network.features.parameters()))
    assert shares[-1] == pytest.approx(0.2)
    assert shares[: parts - 1] == sorted(shares[: parts - 1])
    assert min(shares) > 0.02
    assert not any(hasattr(p, "rate_share") for p in made.head.parameters())


def test_pixels_are_scaled_as_the_network_was_shown_them() -> None:
    x = np.random.default_rng(0).integers(0, 256, (6, SIDE, SIDE, 3), dtype=np.uint8)
    network = pretrained(Seer(), size=SIDE, mean=(0.1, 0.2, 0.3), std=(0.4, 0.5, 0.6))
    from steadfit.kinds import Preparation

    for scale, pixels in ((255.0, x), (1.0, (x / 255).astype(np.float32))):
        data = from_arrays(pixels, [0, 1] * 3, layout="channels_last")
        fitted = network.preparation(Preparation(mean=(9.0,) * 3, std=(9.0,) * 3), data)
        assert fitted.mean == pytest.approx([scale * m for m in (0.1, 0.2, 0.3)])
        assert fitted.std == pytest.approx([scale * s for s in (0.4, 0.5, 0.6)])


def test_a_checkpoint_is_read_without_running_it(tmp_path: Path) -> None:
    state = {f"module.network.{name}": value for name, value in Seer().state_dict().items()}
    file = tmp_path / "seer.pth"
    torch.save({"state_dict": state, "epoch": 3}, file)
    network = pretrained(Seer, file, size=SIDE)
    assert network.weights is not None
    assert network.weights.digest == hashlib.sha256(file.read_bytes()).hexdigest()
    assert build(model_of(network), (3, SIDE, SIDE), 2) is not None

    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (tmp_path / "run",))

    (tmp_path / "bomb.pth").write_bytes(pickle.dumps(Bomb()))
    torch.save({"a": 1}, tmp_path / "words.pth")
    (tmp_path / "cut.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{")
    for name in ("bomb.pth", "words.pth", "cut.safetensors"):
        wrong = pretrained(Seer, tmp_path / name, size=SIDE)
        with pytest.raises(SteadfitError, match="must hold weights"):
            build(model_of(wrong), (3, SIDE, SIDE), 2)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda state: state.pop("network.features.0.weight"), "they lack"),
        (lambda state: state.update(strange=torch.ones(2)), "have besides strange"),
        (
            lambda state: state.update({"network.features.0.bias": torch.ones(5)}),
            "in another shape",
        ),
    ],
)
def test_weights_of_another_network_are_refused(tmp_path: Path, change, words: str) -> None:
    state = {f"network.{name}": value for name, value in Seer().state_dict().items()}
    change(state)
    save_file(state, tmp_path / "other.safetensors")
    network = pretrained(Seer, tmp_path / "other.safetensors", size=SIDE)
    with pytest.raises(SteadfitError, match=words):
        build(model_of(network), (3, SIDE, SIDE), 2)


def test_other_bad_input_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SteadfitError, match="library of pretrained networks"):
        pretrained("keras:resnet50")
    with pytest.raises(SteadfitError, match="without arguments"):
        pretrained(nn.Linear)
    with pytest.raises(SteadfitError, match=r"There is no|cannot be read|No such file"):
        pretrained(Seer, tmp_path / "absent.safetensors")
    network = pretrained(Seer(), size=SIDE)
    with pytest.raises(SteadfitError, match="1 or 3 channels"):
        build(model_of(network), (4, SIDE, SIDE), 2)
    with pytest.raises(SteadfitError, match="1 or 3 channels"):
        build(model_of(network), (3, 20), 2)
    small = pretrained(nn.Sequential(nn.Conv2d(3, 4, 9), nn.Conv2d(4, 4, 9)), size=12)
    with pytest.raises(SteadfitError, match="does not take images of 12×12 pixels"):
        build(model_of(small), (3, 12, 12), 2)
    [_, taken, enlarged] = network.notes(complete(model_of(network)).settings, (3, 8, 6))
    assert enlarged == f"Images of 8×6 pixels are enlarged to {SIDE} for it."
    assert "shown as ImageNet" in taken
    unpooled = pretrained(nn.Flatten(0), size=SIDE)
    with pytest.raises(SteadfitError, match="must give features"):
        build(model_of(unpooled), (3, SIDE, SIDE), 2)


def test_timm_and_torchvision_are_known_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare_operators()
    import timm
    import torchvision

    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    with pytest.raises(SteadfitError, match=r"Did you mean .*resnet18"):
        pretrained("timm:resnet1")
    with pytest.raises(SteadfitError, match=r"Did you mean .*resnet18"):
        pretrained("torchvision:resnet1")

    x = torch.randn(2, 3, 64, 64)
    whole = timm.create_model("test_resnet").eval()
    save_file(whole.state_dict(), tmp_path / "timm.safetensors")
    network = pretrained(f"timm:test_resnet@{tmp_path / 'timm.safetensors'}")
    made = build(model_of(network, side=64), (3, 64, 64), 2).network.eval()
    with torch.no_grad():
        features = whole.forward_head(whole.forward_features(x), pre_logits=True)
        torch.testing.assert_close(made.features(x), features)

    resnet = torchvision.models.resnet18().eval()
    place = tmp_path / "checkpoints" / "resnet18-f37072fd.pth"
    missing = pretrained("torchvision:resnet18")
    with pytest.raises(SteadfitError, match=r"resnet18-f37072fd\.pth.*Nothing is fetched"):
        build(model_of(missing, side=64), (3, 64, 64), 2)
    place.parent.mkdir()
    torch.save(resnet.state_dict(), place)
    found = pretrained("torchvision:resnet18")
    made = build(model_of(found, side=64), (3, 64, 64), 2).network.eval()
    resnet.fc = nn.Identity()
    with torch.no_grad():
        torch.testing.assert_close(made.features(x), resnet(x))
    larger = torchvision.models.resnet34().state_dict()
    torch.save(larger, place)
    with pytest.raises(SteadfitError, match="another network: they have besides"):
        build(model_of(pretrained("torchvision:resnet18"), side=64), (3, 64, 64), 2)
