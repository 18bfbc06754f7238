"""What people write over torch.nn.GRU and DataLoader, for `sequences.py` to measure.

Letters of shapes: B batch, T steps of the longest, C channels.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader

Pair = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Sizes:
    """Of the net and its training, the same for all contestants.

    last: the head takes the last step in place of the mean. embedding: channels of a token's
    vector; 0 for series. window: steps that a text's gradient goes back; 0 where an answer is asked
    for once an example.
    """

    hidden: int
    batch: int
    bidirectional: bool = False
    last: bool = False
    embedding: int = 0
    dropout: float = 0.0
    window: int = 0
    learning_rate: float = 0.003
    clip: float = 1.0


class Plain(nn.Module):
    """One GRU and a linear layer. Sequences of unequal length are packed, as torch's tutorials do,
    so that no direction reads padding; those of equal length need it not."""

    def __init__(self, sizes: Sizes, inputs: int, outputs: int, ragged: bool) -> None:
        super().__init__()
        self.embedding = None
        if sizes.embedding:
            self.embedding = nn.Embedding(inputs, sizes.embedding, padding_idx=0)
        self.gru = nn.GRU(
            sizes.embedding or inputs,
            sizes.hidden,
            batch_first=True,
            bidirectional=sizes.bidirectional,
        )
        self.head = nn.Linear(sizes.hidden * (1 + sizes.bidirectional), outputs)
        self.last, self.ragged = sizes.last, ragged

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """x: (B, T, C), or token numbers (B, T). Returns (B, outputs)."""
        if self.embedding is not None:
            x = self.embedding(x)
        if self.ragged:
            packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
            steps, _ = pad_packed_sequence(self.gru(packed)[0], batch_first=True)
        else:
            steps, _ = self.gru(x)
        if self.last:
            return self.head(steps[torch.arange(len(steps)), lengths - 1])
        return self.head(steps.sum(1) / lengths[:, None])


class PlainLanguage(nn.Module):
    """Character vectors, one GRU, dropout, a score for each character."""

    def __init__(self, sizes: Sizes, tokens: int, outputs: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(tokens, sizes.embedding)
        self.gru = nn.GRU(sizes.embedding, sizes.hidden, batch_first=True)
        self.dropout = nn.Dropout(sizes.dropout)
        self.head = nn.Linear(sizes.hidden, outputs)

    def forward(self, x: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        """x: (B, T). Returns scores (B, T, outputs) and the state after the last step."""
        steps, after = self.gru(self.embedding(x), state)
        return self.head(self.dropout(steps)), after


def collate(pairs: list[Pair]) -> tuple[Tensor, Tensor, Tensor]:
    """A batch filled up to its longest sequence, the lengths, the targets."""
    lengths = torch.tensor([len(x) for x, _ in pairs])
    x = pad_sequence([x for x, _ in pairs], batch_first=True)
    return x, lengths, torch.stack([y for _, y in pairs])


def train(
    net: Plain | PlainLanguage, pairs: Sequence[Pair], loss: nn.Module, sizes: Sizes, epochs: int
) -> float:
    """Train as one does; the mean loss of the last epoch's steps."""
    loader = DataLoader(pairs, sizes.batch, shuffle=True, collate_fn=collate)  # pyright: ignore
    optimizer = torch.optim.Adam(net.parameters(), lr=sizes.learning_rate)
    values: list[float] = []

    def step(value: Tensor) -> None:
        optimizer.zero_grad()
        value.backward()
        nn.utils.clip_grad_norm_(net.parameters(), sizes.clip)
        optimizer.step()
        values.append(value.item())

    net.train()
    for _ in range(epochs):
        values.clear()
        for x, lengths, y in loader:
            if isinstance(net, Plain):
                step(loss(net(x, lengths), y))
                continue
            state = None
            texts, wanted = x.split(sizes.window, 1), y.split(sizes.window, 1)
            for text, after in zip(texts, wanted, strict=True):
                scores, state = net(text, state)
                step(loss(scores.flatten(0, 1), after.flatten()))
                state = state.detach()
    return sum(values) / len(values)
