"""Layers for torch: recurrent layers of any cell, residual connections, sequences of any length.

`RNN`, `LSTM` and `GRU` take the place of torch's; `swap` puts them into a finished network, and
`to_torch` takes them out again. `Recurrent` is the same for any cell. `RNNBase`, `RNNCell`,
`LSTMCell` and `GRUCell` are torch's own: a single step gains nothing from a kernel. `Padded` is a
batch of sequences of unequal length, and `over_steps` makes a module of torch take it.
"""

from torch.nn import GRUCell, LSTMCell, RNNBase, RNNCell

from steadfit.nn.layers import GRU, LSTM, RNN
from steadfit.nn.over_steps import over_steps
from steadfit.nn.padded import Padded
from steadfit.nn.recurrent import Recurrent
from steadfit.nn.relative import Relative
from steadfit.nn.residual import Residual, Widen
from steadfit.nn.rising import Rising
from steadfit.nn.steps import Steps
from steadfit.nn.swap import swap, to_torch
from steadfit.nn.tokens import Embedding, PairEmbedding, TiedScores, TokenScores

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Embedding",
    "GRUCell",
    "LSTMCell",
    "Padded",
    "PairEmbedding",
    "RNNBase",
    "RNNCell",
    "Recurrent",
    "Relative",
    "Residual",
    "Rising",
    "Steps",
    "TiedScores",
    "TokenScores",
    "Widen",
    "over_steps",
    "swap",
    "to_torch",
]
