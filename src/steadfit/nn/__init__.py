"""Layers for torch: recurrent layers of any cell, residual connections.

`RNN`, `LSTM` and `GRU` take the place of torch's; `Recurrent` is the same for any cell.
"""

from steadfit.nn.layers import GRU, LSTM, RNN
from steadfit.nn.recurrent import Recurrent, Steps
from steadfit.nn.residual import Residual, Widen

__all__ = ["GRU", "LSTM", "RNN", "Recurrent", "Residual", "Steps", "Widen"]
