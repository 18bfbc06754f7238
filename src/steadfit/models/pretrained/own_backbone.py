"""A person's own network as the features of images."""

import copy
import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from steadfit.errors import SteadfitError
from steadfit.models.own import drawn_anew
from steadfit.models.pretrained.source import Preferred
from steadfit.models.pretrained.weights import MemoryWeights
from steadfit.own_code import OwnCode


class _Features(nn.Module):
    """A network by its method `features`, as its `forward`."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        return self.network.features(x)  # pyright: ignore[reportCallIssue]


def _featured(network: nn.Module) -> nn.Module:
    return _Features(network) if hasattr(network, "features") else network


@dataclass(frozen=True)
class OwnBackbone:
    """A module that a function or class makes, or a copy of an instance.

    Its method or part `features` gives the features. A module without one gives them itself.
    """

    code: OwnCode
    preferred: Preferred
    classifier = ""
    learns = True

    @property
    def name(self) -> str:
        return self.code.name

    @property
    def own_code(self) -> str:
        return self.code.digest

    def backbone(self) -> nn.Module:
        if isinstance(self.code.what, nn.Module):
            return _featured(copy.deepcopy(self.code.what))
        made = self.code()
        if not isinstance(made, nn.Module):
            raise SteadfitError(f"{self.name} must give an nn.Module, got {type(made).__name__}.")
        return _featured(made)

    def drawn_anew(self) -> nn.Module:
        if isinstance(self.code.what, nn.Module):
            return _featured(drawn_anew(self.code.what, self.name))
        return self.backbone()

    def check_portable(self) -> None:
        self.code.check_portable()

    def weights_at_hand(self) -> None:
        return None

    weights_place = "a network of your own has none but those in weights"


def own_source(
    what: object, preferred: Preferred, version: str | None
) -> tuple[OwnBackbone, MemoryWeights]:
    """Of a function or class without arguments, or of an instance; and the weights that it has.

    Raises SteadfitError for anything else, and for code whose versions cannot be told apart.
    """
    if isinstance(what, nn.Module):
        code = replace(OwnCode.of(type(what), version), what=what)
    elif callable(what) and not _needs_arguments(what):
        code = OwnCode.of(what, version)
    else:
        raise SteadfitError(
            "A pretrained network must be a name, an nn.Module, or a function without arguments "
            f"that gives one, got {getattr(what, '__name__', type(what).__name__)}."
        )
    source = OwnBackbone(code, preferred)
    with torch.random.fork_rng(devices=[]):
        return source, MemoryWeights.of(source.backbone())


def _needs_arguments(what: Callable[..., object]) -> bool:
    try:
        inspect.signature(what).bind()
    except (TypeError, ValueError):
        return True
    return False
