"""timm's networks (Wightman 2019, "PyTorch Image Models")."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from torch import nn

from steadfit.errors import SteadfitError
from steadfit.libraries import library
from steadfit.models.pretrained.source import LibraryNetwork, Preferred, no_such

_FILES = ("model.safetensors", "pytorch_model.bin")  # of a repository on Hugging Face's hub

_NETWORKS = "its networks"


@dataclass(frozen=True)
class TimmNetwork(LibraryNetwork):
    """A network of timm's; `steadfit.models.pretrained.source.Source` says what its parts are for.

    known_as: its name there, perhaps with the tag of its weights: "resnet18.a1_in1k".
    """

    def __post_init__(self) -> None:
        timm = library("timm", _NETWORKS)
        if not timm.is_model(self.known_as):
            raise no_such("timm", self.known_as, timm.list_models(), "timm.list_models()")

    @property
    def name(self) -> str:
        return f"timm:{self.known_as}"

    @property
    def classifier(self) -> str:
        found = self._facts.get("classifier") or ""
        return found if isinstance(found, str) else ""

    @property
    def preferred(self) -> Preferred:
        facts = self._facts
        return Preferred(
            max(facts["input_size"][1:]),
            tuple(facts["mean"]),
            tuple(facts["std"]),
            bool(facts.get("fixed_input_size", False)),
        )

    def backbone(self) -> nn.Module:
        made = library("timm", _NETWORKS).create_model(
            self.known_as, pretrained=False, num_classes=0
        )
        assert isinstance(made, nn.Module)
        return made

    def weights_at_hand(self) -> Path | None:
        repository = self._facts.get("hf_hub_id")
        if not repository:
            return None
        hub = library("huggingface_hub", _NETWORKS)
        for name in _FILES:
            found = hub.try_to_load_from_cache(repository, name)
            if isinstance(found, str):
                return Path(found)
        return None

    @property
    def weights_place(self) -> str:
        repository = self._facts.get("hf_hub_id")
        if not repository:
            return "timm knows no weights of it"
        from huggingface_hub import constants

        return (
            f"looked for {repository} in {constants.HF_HUB_CACHE}; "
            f'timm.create_model("{self.known_as}", pretrained=True) fetches them into it'
        )

    @cached_property
    def _facts(self) -> dict[str, Any]:
        found = library("timm", _NETWORKS).get_pretrained_cfg(
            self.known_as, allow_unregistered=False
        )
        if found is None:
            raise SteadfitError(f"timm does not say how {self.known_as} was shown images.")
        return found.to_dict()
