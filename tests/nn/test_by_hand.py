"""Forms of cells that torch does not have, against their equations written as a loop."""

import torch
from torch import Tensor

from steadfit.nn import GRU, Recurrent

TIME, BATCH, INPUT, HIDDEN = 6, 4, 3, 5


def series() -> Tensor:
    return torch.randn(TIME, BATCH, INPUT, dtype=torch.float64)


def close(one, other) -> None:
    torch.testing.assert_close(one, other, rtol=0, atol=1e-12)


def gates(layer: Recurrent, kind: str, count: int) -> list[Tensor]:
    """A weight or bias of the first layer, a block a gate."""
    return list(getattr(layer, f"{kind}_l0").chunk(count))


def lecture_gru_by_hand(layer: Recurrent, x: Tensor) -> Tensor:
    """Equations of the lecture's 5.3, for a layer with the gates reset, update, candidate."""
    (wr, wz, wn), (ur, uz, un), (br, bz, bn) = (
        gates(layer, kind, 3) for kind in ("weight_ih", "weight_hh", "bias")
    )
    h = x.new_zeros(x.shape[1], layer.hidden_size)
    found = []
    for row in x:
        r = torch.sigmoid(row @ wr.T + h @ ur.T + br)
        z = torch.sigmoid(row @ wz.T + h @ uz.T + bz)
        n = torch.tanh(row @ wn.T + (r * h) @ un.T + bn)
        h = (1 - z) * h + z * n
        found.append(h)
    return torch.stack(found)


def peephole_lstm_by_hand(layer: Recurrent, x: Tensor) -> Tensor:
    """Gers, Schraudolph and Schmidhuber 2002, gates input, forget, candidate, output."""
    w, u, b = (gates(layer, kind, 4) for kind in ("weight_ih", "weight_hh", "bias"))
    pi, pf, po = layer.weight_peephole_l0
    h = c = x.new_zeros(x.shape[1], layer.hidden_size)
    found = []
    for row in x:
        i, f, g, o = (row @ w[k].T + h @ u[k].T + b[k] for k in range(4))
        new = torch.sigmoid(f + pf * c) * c + torch.sigmoid(i + pi * c) * torch.tanh(g)
        h, c = torch.sigmoid(o + po * new) * torch.tanh(new), new
        found.append(h)
    return torch.stack(found)


def test_lectures_gru() -> None:
    layer = GRU(INPUT, HIDDEN, reset_after=False, dtype=torch.float64)
    x = series()
    close(layer(x)[0], lecture_gru_by_hand(layer, x))


def test_peepholes() -> None:
    layer = Recurrent("peephole_lstm", INPUT, HIDDEN, dtype=torch.float64)
    x = series()
    close(layer(x)[0], peephole_lstm_by_hand(layer, x))
