"""Layers that take the place of torch's: same arguments, parameters, shapes and results.

Where a compiled kernel cannot be used (another device, half precision, a tracer or a transform of
torch), they call torch's own recurrent function with the same weights, so that whatever knows
torch.nn's layers works on these as well.
"""

import copy
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.nn.utils.rnn import PackedSequence

from steadfit.cells import find
from steadfit.cells.plain import in_vmap, plain, takes_tangents
from steadfit.cells.run import has_kernel_type
from steadfit.errors import SteadfitError
from steadfit.nn.parameters import Form
from steadfit.nn.recurrent import Recurrent

_NONLINEARITIES = {"tanh": "rnn", "relu": "rnn_relu"}
# torch's names of what a cell computes.
MODES = {"rnn": "RNN_TANH", "rnn_relu": "RNN_RELU", "lstm": "LSTM", "gru_reset_after": "GRU"}
# What these layers have beyond torch's, switched off.
_OFF: Mapping[str, Any] = MappingProxyType(
    {
        "recurrent_dropout": 0.0,
        "weight_drop": 0.0,
        "residual": False,
        "learn_initial_state": False,
        "forget_bias": None,
    }
)
_ADDED = ("cell", "zoneout", "_form", *_OFF)  # attributes that torch's layers do not have


class TorchLayer(Recurrent, nn.RNNBase):
    """What `RNN`, `LSTM` and `GRU` share: being one of torch's layers as well as `Recurrent`."""

    torchs: ClassVar[type[nn.RNNBase]]  # torch's layer in whose place this one stands

    def __init__(self, cell: str, *args: Any, two_biases: bool = True, **settings: Any) -> None:
        if self.torchs is not nn.LSTM and settings.get("proj_size"):
            raise SteadfitError("proj_size argument is only supported for LSTM, not RNN or GRU.")
        Recurrent.__init__(self, cell, *args, two_biases=two_biases, **settings)
        self.mode = MODES.get(cell, cell)
        self._all_weights = [
            [f"{name}_{place}" for name, _ in self._form.shapes(width) if "initial" not in name]
            for place, width in self._places()
        ]
        self._flat_weights_names = [name for names in self._all_weights for name in names]
        self._init_flat_weights()

    def forward(
        self,
        input: Tensor | PackedSequence,
        hx: Any = None,
        *,
        lengths: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> tuple[Any, Any]:
        """See `Recurrent.forward`."""
        if lengths is None and self._is_for_torch(input, hx):
            return self.torchs.forward(self, input, hx)
        if torch.compiler.is_compiling():
            return super().forward(input, hx, lengths=lengths, generator=generator)
        try:
            return super().forward(input, hx, lengths=lengths, generator=generator)
        except SteadfitError as error:
            if lengths is not None or self.beyond_torch(self.training):
                raise
            raise self._torchs_error(input, hx, error) from None

    def _torchs_error(self, input: Any, hx: Any, ours: SteadfitError) -> Exception:
        """What torch's layer says of this input, which code around it looks for; else ours."""
        try:
            self.torchs.forward(self, input, hx)
        except (RuntimeError, ValueError, TypeError) as error:
            return error
        except Exception:  # an accident inside torch's code, which explains nothing
            return ours
        return ours

    def flatten_parameters(self) -> None:
        """As torch's layers do for cuDNN; nothing for weights that cuDNN does not know."""
        if self.mode in MODES.values():
            nn.RNNBase.flatten_parameters(self)

    def beyond_torch(self, training: bool) -> list[str]:
        """The settings that torch's layer does not have and that act here, by name.

        training: whether what acts in training only counts.
        """
        acting = {
            "recurrent_dropout": training and self.recurrent_dropout > 0,
            "weight_drop": training and self.weight_drop > 0,
            "zoneout": any(self.zoneout.values()),
            "residual": self.residual,
            "learn_initial_state": self.learn_initial_state,
            "reset_after": self.mode not in MODES.values(),
        }
        return [name for name, acts in acting.items() if acts]

    def __prepare_scriptable__(self) -> nn.RNNBase:
        """torch's layer with the same weights, which torch.jit.script knows."""
        if beyond := self.beyond_torch(self.training):
            raise not_torchs(f"This {type(self).__name__}", beyond)
        return copy.copy(self).as_torchs()

    def as_torchs(self) -> nn.RNNBase:
        """This very layer, with torch's class; settings beyond torch's are lost."""
        change_class(self, self.torchs)
        for name in _ADDED:
            self.__dict__.pop(name, None)
        return self

    def stand_in(self, cell: str) -> None:
        """Finish a layer that torch made and whose class has become this one."""
        self.cell = find(cell)
        for name, value in _OFF.items():
            setattr(self, name, value)
        self.zoneout = dict.fromkeys(self.cell.states, 0.0)
        self._form = Form(self.cell, self.hidden_size, self.proj_size, self.bias, True, False, None)

    def _is_for_torch(self, input: Tensor | PackedSequence, hx: Any) -> bool:
        """Whether torch's function has to run, and can."""
        if torch.compiler.is_compiling():
            return False
        data = input.data if isinstance(input, PackedSequence) else input
        if not isinstance(data, Tensor):
            return False
        states = () if hx is None else (hx,) if isinstance(hx, Tensor) else tuple(hx)
        weights: Any = self._parameters.values()
        ours = has_kernel_type(data) and not self.proj_size and data.numel() > 0
        if ours and plain((data, *states, *weights)):
            return False
        if in_vmap() or (self.mode == "LSTM" and takes_tangents()):
            return False  # which torch's functions do not support
        return data.numel() > 0 and not self.beyond_torch(self.training)


def not_torchs(what: str, beyond: Sequence[str]) -> SteadfitError:
    """The error for a layer that torch.nn has no equal of."""
    return SteadfitError(
        f"{what} cannot become torch.nn's: it has {', '.join(beyond)}, which torch.nn's layer does "
        "not have. Leave that out, or keep steadfit's layer."
    )


def change_class(layer: nn.Module, wanted: type[nn.Module]) -> None:
    """Give a layer another class; torch.nn.utils.parametrize puts one of its own in front."""
    if parametrize.is_parametrized(layer):
        front = type(layer)
        kept = {k: v for k, v in vars(front).items() if k not in ("__dict__", "__weakref__")}
        wanted = type(f"Parametrized{wanted.__name__}", (wanted,), kept)
    layer.__class__ = wanted


class RNN(TorchLayer):
    """Elman's network, as torch.nn.RNN: h = tanh(W x + U h + b).

    nonlinearity: "tanh" or "relu". The other arguments, and what steadfit adds, are those of
    `Recurrent`. A state dict of torch.nn.RNN loads, and the other way round.

    >>> import torch
    >>> output, h = RNN(3, 5, nonlinearity="relu")(torch.ones(7, 4, 3))
    >>> output.shape, h.shape
    (torch.Size([7, 4, 5]), torch.Size([1, 4, 5]))
    """

    torchs = nn.RNN

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        *args: Any,
        **settings: Any,
    ) -> None:
        if nonlinearity not in _NONLINEARITIES:
            known = " or ".join(map(repr, _NONLINEARITIES))
            raise SteadfitError(f"Unknown nonlinearity {nonlinearity!r}. Select from {known}.")
        cell = _NONLINEARITIES[nonlinearity]
        super().__init__(cell, input_size, hidden_size, num_layers, *args, **settings)
        self.nonlinearity = nonlinearity


class LSTM(TorchLayer):
    """Long short-term memory with a forget gate, as torch.nn.LSTM.

    Arguments, and what steadfit adds, are those of `Recurrent`. A state dict of torch.nn.LSTM
    loads, and the other way round.

    >>> import torch
    >>> output, (h, c) = LSTM(3, 5, bidirectional=True)(torch.ones(7, 4, 3))
    >>> output.shape, c.shape
    (torch.Size([7, 4, 10]), torch.Size([2, 4, 5]))
    """

    torchs = nn.LSTM
    # torch's forward asks the layer for these
    get_expected_cell_size = nn.LSTM.get_expected_cell_size
    check_forward_args = nn.LSTM.check_forward_args  # type: ignore[assignment]
    permute_hidden = nn.LSTM.permute_hidden  # type: ignore[assignment]

    def __init__(self, input_size: int, hidden_size: int, *args: Any, **settings: Any) -> None:
        super().__init__("lstm", input_size, hidden_size, *args, **settings)


class GRU(TorchLayer):
    """Gated recurrent unit, as torch.nn.GRU, or as in the lecture.

    reset_after: True is torch's and cuDNN's form, in which a state dict of torch.nn.GRU loads and
    the other way round. False is the lecture's form: the reset gate acts before the recurrent
    product (Cho et al. 2014), z is the share that is new (Chung et al. 2014), and there is one
    bias, so that a state dict of the other form does not load by mistake. The other arguments,
    and what steadfit adds, are those of `Recurrent`.

    >>> import torch
    >>> output, h = GRU(3, 5, reset_after=False, batch_first=True)(torch.ones(4, 7, 3))
    >>> output.shape, h.shape
    (torch.Size([4, 7, 5]), torch.Size([1, 4, 5]))
    """

    torchs = nn.GRU

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *args: Any,
        reset_after: bool = True,
        **settings: Any,
    ) -> None:
        cell = "gru_reset_after" if reset_after else "gru"
        super().__init__(cell, input_size, hidden_size, *args, two_biases=reset_after, **settings)
