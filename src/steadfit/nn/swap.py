"""torch.nn's recurrent layers in a finished network become ours, and back again.

A layer keeps its identity: its Parameter objects, options, hooks, mode and parametrizations stay,
only its class changes. So an optimizer made before, and a layer that is used twice, stay right.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

from torch import nn
from torch.nn.utils import parametrize

from steadfit.nn.layers import GRU, LSTM, MODES, RNN, TorchLayer, change_class, not_torchs

Module = TypeVar("Module", bound=nn.Module)

_OURS: Mapping[type[nn.Module], type[TorchLayer]] = MappingProxyType(
    {ours.torchs: ours for ours in (RNN, LSTM, GRU)}
)
SWAPPED = tuple(_OURS)  # of torch.nn
_CELLS = {mode: cell for cell, mode in MODES.items()}


def swap(net: Module) -> Module:
    """Make every torch.nn.RNN, LSTM and GRU in a network one of ours. Returns the same network.

    The network computes what it did, faster on a CPU. Layers of classes derived from torch's are
    left as they are, since their own code may do something else.

    >>> net = swap(nn.Sequential(nn.GRU(3, 5)))
    >>> type(net[0]) is GRU
    True
    """
    for layer in net.modules():
        ours = _OURS.get(parametrize.type_before_parametrizations(layer))
        if ours is not None and isinstance(layer, nn.RNNBase):
            change_class(layer, ours)
            assert isinstance(layer, TorchLayer)
            layer.stand_in(_CELLS[layer.mode])
    return net


def to_torch(net: Module) -> Module:
    """Make every RNN, LSTM and GRU of ours in a network torch.nn's. Returns the same network.

    For whatever knows only torch's layers. Raises SteadfitError, before anything has changed, for
    a layer with settings that torch's does not have.

    >>> net = to_torch(nn.Sequential(GRU(3, 5)))
    >>> type(net[0]) is nn.GRU
    True
    """
    found = {name: layer for name, layer in net.named_modules() if isinstance(layer, TorchLayer)}
    for name, layer in found.items():
        if beyond := layer.beyond_torch(training=True):
            raise not_torchs(f"The layer {name}" if name else "This layer", beyond)
    for layer in found.values():
        layer.as_torchs()
    return net
