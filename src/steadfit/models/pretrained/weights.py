"""The weights of a network that was trained on other images."""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from torch import Tensor, nn

from steadfit.errors import SteadfitError, some
from steadfit.files import reading
from steadfit.machine import check_free
from steadfit.regular_files import open_regular

_COPIES = 3  # of the weights in memory: the file's content, the tensors, the network's own
_WRAPPED = ("state_dict", "model", "state_dict_ema", "model_state_dict")  # what checkpoints have
_COUNTER = "num_batches_tracked"  # that nothing is computed from


class Weights(Protocol):
    """Weights by name. digest: 64 hexadecimal digits that tell them from others."""

    @property
    def digest(self) -> str: ...

    def read(self) -> Mapping[str, Tensor]: ...


@dataclass(frozen=True)
class FileWeights:
    """A file: safetensors, or what torch.save wrote, of which nothing but tensors is read."""

    path: Path
    digest: str

    @classmethod
    def of(cls, path: str | Path) -> Self:
        """Raises SteadfitError where there is no such file."""
        file = Path(path)
        return cls(file.absolute(), hashlib.sha256(_content(file)).hexdigest())

    def content(self) -> bytes:
        """Raises SteadfitError for a file that has changed."""
        content = _content(self.path)
        if hashlib.sha256(content).hexdigest() != self.digest:
            raise SteadfitError(f"{self.path} has changed since the study began. Begin anew.")
        return content

    def read(self) -> Mapping[str, Tensor]:
        """Raises SteadfitError for a file without weights, and one that has changed."""
        content = self.content()
        try:
            if self.path.suffix == ".safetensors":
                return load_safetensors(content)
            found = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        except (SafetensorError, RuntimeError, ValueError, EOFError, LookupError) as error:
            raise self._wrong(str(error)) from None
        except Exception as error:  # torch.load raises pickle's errors, which are several
            raise self._wrong(str(error)) from None
        return self._tensors(found)

    def _tensors(self, found: Any) -> Mapping[str, Tensor]:
        for name in _WRAPPED:
            if isinstance(found, Mapping) and isinstance(found.get(name), Mapping):
                found = found[name]
        whole = isinstance(found, Mapping) and found
        if not whole or not all(isinstance(value, Tensor) for value in found.values()):
            raise self._wrong("no tensors by name")
        return {str(name).removeprefix("module."): value for name, value in found.items()}

    def _wrong(self, reason: str) -> SteadfitError:
        said = (reason or "it is damaged").splitlines()[0][:200]
        return SteadfitError(
            f"{self.path} must hold weights, as safetensors or as torch.save writes a state_dict, "
            f"and does not: {said}"
        )


@dataclass(frozen=True, eq=False)
class MemoryWeights:
    """Those of a module in memory."""

    state: Mapping[str, Tensor]
    digest: str

    @classmethod
    def of(cls, module: nn.Module) -> "MemoryWeights":
        state = {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}
        digest = hashlib.sha256()
        for name, tensor in state.items():
            digest.update(f"{name}{tuple(tensor.shape)}".encode())
            digest.update(tensor.cpu().contiguous().numpy().tobytes())
        return cls(state, digest.hexdigest())

    def read(self) -> Mapping[str, Tensor]:
        return self.state


def fill_backbone(
    backbone: nn.Module, weights: Mapping[str, Tensor], classifier: str, name: str
) -> None:
    """Set a network's weights; those of its own last layer are left away.

    classifier: what the names of these begin with.
    Raises SteadfitError for weights of another network.
    """
    wanted = {key: value.shape for key, value in backbone.state_dict().items()}
    given = {key: value for key, value in weights.items() if not _of(key, classifier)}
    missing = [key for key in wanted if key not in given and not key.endswith(_COUNTER)]
    strange = [key for key in given if key not in wanted]
    other = [key for key in wanted if key in given and given[key].shape != wanted[key]]
    for keys, words in (
        (missing, "lack"),
        (strange, "have besides"),
        (other, "have in another shape"),
    ):
        if keys:
            raise SteadfitError(
                f"The weights must be of {name}, and are of another network: they {words} "
                f"{some(keys)}."
            )
    backbone.load_state_dict(given, strict=False)


def _of(key: str, classifier: str) -> bool:
    return bool(classifier) and (key == classifier or key.startswith(f"{classifier}."))


def _content(path: Path) -> bytes:
    with reading(path):
        check_free(f"The weights in {path}", _COPIES * path.stat().st_size)
        with open_regular(path) as file:
            return file.read()
