"""Networks as people write them."""

import torch
from torch import nn
from torch.nn.functional import dropout, relu


class Plain(nn.Module):
    """A class told nothing: its sizes are fixed."""

    def __init__(self, hidden=8, drop=0.0):
        super().__init__()
        self.first, self.last, self.drop = nn.Linear(16, hidden), nn.Linear(hidden, 3), drop

    def forward(self, x):
        h = relu(self.first(x.flatten(1)))
        return self.last(dropout(h, self.drop, self.training))


def net(shape, outputs, *, width=1.0, dropout=0.0):
    channels, height, w = shape
    hidden = round(8 * width)
    return nn.Sequential(
        nn.Flatten(), nn.Linear(channels * height * w, hidden), nn.ReLU(), nn.Dropout(dropout),
        nn.Linear(hidden, outputs),
    )  # fmt: skip


class Normed(nn.Module):
    def __init__(self, outputs):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.LazyLinear(outputs)
        )
        self.register_buffer("scale", torch.ones(1))

    def forward(self, x):
        return self.layers(x) * self.scale


class Tied(nn.Module):
    """Its two layers are one, and it answers with a tuple."""

    def __init__(self, num_classes):
        super().__init__()
        self.first = nn.Linear(16, 16)
        self.second = nn.Linear(16, 16)
        self.second.weight = self.first.weight
        self.last = nn.Linear(16, num_classes)

    def forward(self, x):
        h = self.second(torch.relu(self.first(x.flatten(1))))
        return self.last(h), h


class Reader(nn.Module):
    """A recurrent net over series or texts, which is told their lengths."""

    def __init__(self, shape, outputs):
        super().__init__()
        self.embedding = nn.Embedding(shape.tokens, 6) if hasattr(shape, "tokens") else None
        self.gru = nn.GRU(6 if self.embedding else shape[1], 8, batch_first=True)
        self.last = nn.Linear(8, outputs)

    def forward(self, x, lengths):
        x = x if self.embedding is None else self.embedding(x)
        steps, _ = self.gru(x)
        return self.last(steps[torch.arange(len(x)), lengths - 1])


class Forgetful(nn.Module):
    """Its weights cannot be drawn anew, and its class asks for an argument."""

    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, 3))

    def forward(self, x):
        return x.flatten(1) @ self.weight


class Restless(nn.Module):
    """Drops units in evaluation too, as F.dropout does by default."""

    def __init__(self, outputs):
        super().__init__()
        self.last = nn.Linear(16, outputs)

    def forward(self, x):
        return self.last(dropout(x.flatten(1)))


class TwoInputs(nn.Module):
    def __init__(self, outputs):
        super().__init__()
        self.last = nn.Linear(16, outputs)

    def forward(self, x, more):
        return self.last(x.flatten(1) + more)


def wide(shape, outputs):
    return nn.Sequential(nn.Flatten(), nn.Linear(16, outputs + 2))


def nothing(shape, outputs):
    return None


def breaks(shape, outputs):
    raise RuntimeError("no such thing")
