"""What a pretrained network sees in images: computed once an image, and kept.

They lie in the folder of compiled kernels, below `features/`, a folder for each network, its
weights and how it is shown images. An image is known by its pixels.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from steadfit.cells.cache import cache_folder, write
from steadfit.data import Dataset
from steadfit.errors import SteadfitError
from steadfit.kinds import Preparation
from steadfit.kinds.images import Images
from steadfit.kinds.stored import Stored
from steadfit.models import Pretrained
from steadfit.recipe import Scalar
from steadfit.training.memory import in_halves

MOST = 2 * 2**30  # bytes of all features together
_TOGETHER = 32  # images that are computed at a time
_A_FILE = 1024  # images whose features are kept as soon as they are computed
_VERSION = 1  # raise it when the same network and images would give other features


def features_of(
    network: Pretrained, settings: Mapping[str, Scalar], data: Dataset, device: str = "cpu"
) -> Dataset:
    """The same examples by their features, as images of one pixel: float32, (examples, features, 1,
    1). What is not kept yet is computed.

    Raises SteadfitError for examples that are no images, and without the network's weights.
    """
    network.check_shape(data.example_shape)
    preparation = network.preparation(Preparation(mean=(0.0,) * data.example_shape[0]), data)
    folder = _folder(network, settings, preparation, data)
    known = _known(folder)
    new = {key: place for place, key in enumerate(data.digests) if key not in known}
    if new:
        see = _sight(network, settings, preparation, data, device)
        for begin in range(0, len(new), _A_FILE):
            keys = list(new)[begin : begin + _A_FILE]
            found = see(torch.tensor([new[key] for key in keys]))
            _keep(folder, keys, found)
            known |= dict(zip(keys, found, strict=True))
    x = torch.stack([known[key] for key in data.digests])[:, :, None, None]
    return replace(data, x=x, schema=replace(data.schema, kind=Images(x.shape[1], 1, 1)))


def _sight(
    network: Pretrained,
    settings: Mapping[str, Scalar],
    preparation: Preparation,
    data: Dataset,
    device: str,
) -> Callable[[Tensor], Tensor]:
    """What gives the features of the images at some positions, (positions, features)."""
    with torch.random.fork_rng(devices=[]):
        module = network.module(settings, data.example_shape, data.outputs).to(device).eval()
    kind = data.schema.kind
    take = kind.prepared(data.x, preparation.inputs)

    def seen(part: Tensor) -> Tensor:
        return module.features(kind.placed(take(part), device)).float().cpu()

    @torch.inference_mode()
    def see(rows: Tensor) -> Tensor:
        parts = rows.split(_TOGETHER)
        found = torch.cat([half for part in parts for half in in_halves(seen, part)])
        if not found.isfinite().all():
            raise SteadfitError(f"{network.name} gives features that are not finite.")
        return found

    return see


def _folder(
    network: Pretrained,
    settings: Mapping[str, Scalar],
    preparation: Preparation,
    data: Dataset,
) -> Path:
    """Of all that determines the features of an image of these pixels."""
    assert isinstance(data.x, Tensor | Stored)
    told = {
        "version": _VERSION,
        **network.identity,
        "side": network.side(settings),
        "shape": list(data.example_shape),
        "type": str(data.x.dtype),
        "mean": preparation.mean,
        "std": preparation.std,
    }
    name = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]
    return cache_folder() / "features" / name


def _known(folder: Path) -> dict[bytes, Tensor]:
    """The features that are kept, by the images' digests; a damaged file counts as none."""
    known: dict[bytes, Tensor] = {}
    for file in sorted(folder.glob("*.safetensors")):
        with suppress(OSError, SafetensorError, KeyError):
            held = load(file.read_bytes())
            keys = [bytes(row.tolist()) for row in held["digests"]]
            known |= dict(zip(keys, held["features"], strict=True))
    return known


def _keep(folder: Path, keys: Sequence[bytes], features: Tensor) -> None:
    """Add a file; where the disk is full nothing is kept."""
    digests = torch.tensor([list(key) for key in keys], dtype=torch.uint8)
    name = hashlib.sha256(b"".join(keys)).hexdigest()[:20]
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        content = save({"digests": digests, "features": features.contiguous()})
        write(folder / f"{name}.safetensors", content)
        _clean(folder.parent, folder / f"{name}.safetensors")


def _clean(folder: Path, keep: Path) -> None:
    """Remove the oldest files beyond `MOST` bytes."""
    files = {file: file.stat() for file in folder.glob("*/*.safetensors")}
    total = sum(status.st_size for status in files.values())
    for file, status in sorted(files.items(), key=lambda item: item[1].st_mtime):
        if total <= MOST:
            return
        if file != keep:
            total -= status.st_size
            file.unlink(missing_ok=True)
