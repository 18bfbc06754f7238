"""Layers for torch: recurrent layers of any cell, residual connections, sequences of any length.

`RNN`, `LSTM` and `GRU` take the place of torch's; `Recurrent` is the same for any cell. `Padded`
is a batch of sequences of unequal length, and `over_steps` makes a module of torch take it.
"""

from steadfit.nn.layers import GRU, LSTM, RNN
from steadfit.nn.over_steps import over_steps
from steadfit.nn.padded import Padded
from steadfit.nn.recurrent import Recurrent
from steadfit.nn.residual import Residual, Widen
from steadfit.nn.steps import Steps
from steadfit.nn.tokens import Embedding, TiedScores

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Embedding",
    "Padded",
    "Recurrent",
    "Residual",
    "Steps",
    "TiedScores",
    "Widen",
    "over_steps",
]
