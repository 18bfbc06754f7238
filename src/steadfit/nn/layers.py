"""Layers that take the place of torch's: same arguments, parameters, shapes and results."""

from typing import Any

from steadfit.errors import unknown
from steadfit.nn.recurrent import Recurrent

_NONLINEARITIES = {"tanh": "rnn", "relu": "rnn_relu"}


class RNN(Recurrent):
    """Elman's network, as torch.nn.RNN: h = tanh(W x + U h + b).

    nonlinearity: "tanh" or "relu". The other arguments, and what steadfit adds, are those of
    `Recurrent`. A state dict of torch.nn.RNN loads, and the other way round.

    >>> import torch
    >>> output, h = RNN(3, 5, nonlinearity="relu")(torch.ones(7, 4, 3))
    >>> output.shape, h.shape
    (torch.Size([7, 4, 5]), torch.Size([1, 4, 5]))
    """

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
            raise unknown("nonlinearity", nonlinearity, _NONLINEARITIES)
        cell = _NONLINEARITIES[nonlinearity]
        super().__init__(
            cell, input_size, hidden_size, num_layers, *args, two_biases=True, **settings
        )
        self.nonlinearity = nonlinearity


class LSTM(Recurrent):
    """Long short-term memory with a forget gate, as torch.nn.LSTM.

    Arguments, and what steadfit adds, are those of `Recurrent`. A state dict of torch.nn.LSTM
    loads, and the other way round.

    >>> import torch
    >>> output, (h, c) = LSTM(3, 5, bidirectional=True)(torch.ones(7, 4, 3))
    >>> output.shape, c.shape
    (torch.Size([7, 4, 10]), torch.Size([2, 4, 5]))
    """

    def __init__(self, input_size: int, hidden_size: int, *args: Any, **settings: Any) -> None:
        super().__init__("lstm", input_size, hidden_size, *args, two_biases=True, **settings)


class GRU(Recurrent):
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
