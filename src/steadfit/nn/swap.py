"""torch.nn's recurrent layers in a finished network become ours, and back again.

A layer keeps its identity: its Parameter objects, options, hooks, mode and parametrizations stay,
only its class changes. So an optimizer made before, and a layer that is used twice, stay right.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

from torch import nn
from torch.nn.utils import parametrize

from steadfit.errors import SteadfitError
from steadfit.nn.layers import GRU, LSTM, RNN, TorchLayer

Module = TypeVar("Module", bound=nn.Module)

_OURS: Mapping[type[nn.Module], type[TorchLayer]] = MappingProxyType(
    {ours.torchs: ours for ours in (RNN, LSTM, GRU)}
)
_CELLS = {"RNN_TANH": "rnn", "RNN_RELU": "rnn_relu", "LSTM": "lstm", "GRU": "gru_reset_after"}
_ADDED = (
    *("cell", "zoneout", "recurrent_dropout", "weight_drop", "residual"),
    *("learn_initial_state", "forget_bias", "_form"),
)


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
            _become(layer, ours)
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
        _refuse(name, layer, training=True)
    for layer in found.values():
        as_torch(layer, training=True)
    return net


def as_torch(layer: TorchLayer, training: bool) -> nn.RNNBase:
    """This layer with torch's class. Raises SteadfitError as `to_torch`.

    training: whether settings that act in training only matter.
    """
    _refuse("", layer, training)
    _become(layer, layer.torchs)
    for name in _ADDED:
        layer.__dict__.pop(name, None)
    return layer


def _refuse(name: str, layer: TorchLayer, training: bool) -> None:
    if beyond := layer.beyond_torch(training):
        what = f"The layer {name}" if name else f"This {type(layer).__name__}"
        raise SteadfitError(
            f"{what} cannot become torch.nn's: it has {', '.join(beyond)}, which torch.nn's layer "
            "does not have. Leave that out, or keep steadfit's layer."
        )


def _become(layer: nn.Module, wanted: type[nn.Module]) -> None:
    """Give a layer another class; torch.nn.utils.parametrize puts one of its own in front."""
    if parametrize.is_parametrized(layer):
        front = type(layer)
        kept = {k: v for k, v in vars(front).items() if k not in ("__dict__", "__weakref__")}
        wanted = type(f"Parametrized{wanted.__name__}", (wanted,), kept)
    layer.__class__ = wanted
