"""torchvision's networks."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from steadfit.errors import SteadfitError
from steadfit.libraries import library
from steadfit.models.pretrained.source import LibraryNetwork, Preferred, no_such

_NETWORKS = "its networks"


@dataclass(frozen=True)
class TorchvisionNetwork(LibraryNetwork):
    """A classifier of torchvision's; `steadfit.models.pretrained.source.Source` says what its parts
    are for."""

    def __post_init__(self) -> None:
        models = self._models
        known = models.list_models(module=models)
        if self.known_as not in known:
            raise no_such("torchvision", self.known_as, known, "torchvision.models.list_models()")

    @property
    def name(self) -> str:
        return f"torchvision:{self.known_as}"

    @property
    def classifier(self) -> str:
        with torch.device("meta"):
            return _last_linear(self._whole(), self.name)

    @property
    def preferred(self) -> Preferred:
        weights = self._weights
        if weights is None:
            return Preferred(224)
        shown = weights.transforms()
        size = shown.crop_size[0]
        fixed = self.known_as.startswith("vit_")
        return Preferred(size, tuple(shown.mean), tuple(shown.std), fixed)

    def backbone(self) -> nn.Module:
        made = self._whole()
        owner, _, last = _last_linear(made, self.name).rpartition(".")
        setattr(made.get_submodule(owner), last, nn.Identity())
        return made

    def weights_at_hand(self) -> Path | None:
        file = self._file
        return file if file is not None and file.is_file() else None

    @property
    def weights_place(self) -> str:
        file = self._file
        if file is None:
            return "torchvision knows no weights of it"
        made = f'torchvision.models.get_model("{self.known_as}", weights="DEFAULT")'
        return f"looked for {file}; {made} fetches it"

    def _whole(self) -> nn.Module:
        return self._models.get_model(self.known_as, weights=None)

    @property
    def _models(self) -> Any:
        library("torchvision", _NETWORKS)
        return library("torchvision.models", _NETWORKS)

    @property
    def _weights(self) -> Any:
        return next(iter(reversed(list(self._models.get_model_weights(self.known_as)))), None)

    @property
    def _file(self) -> Path | None:
        weights = self._weights
        if weights is None:
            return None
        return Path(torch.hub.get_dir()) / "checkpoints" / Path(weights.url).name


def _last_linear(network: nn.Module, name: str) -> str:
    """The name of the layer that makes the classes' logits of the features."""
    found = [path for path, part in network.named_modules() if isinstance(part, nn.Linear)]
    if not found:
        raise SteadfitError(
            f"{name} must end in a linear layer, which is left away for its features, and has none."
        )
    return found[-1]
