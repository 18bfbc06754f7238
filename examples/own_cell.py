"""A cell of one's own, five lines, against the LSTM on the adding problem.

`python examples/own_cell.py` takes about a minute on one core.

The adding problem (Hochreiter and Schmidhuber 1997, 5.4): of a series of numbers between 0 and 1,
two are marked, and their sum is wanted at the end. Always to answer 1 gives an error of 1/6.
"""

import time

import torch
from torch import Tensor, nn

import steadfit as sf
from steadfit.cells import Cell, find, sigmoid, tanh

LENGTH, BATCH, STEPS, HIDDEN = 60, 64, 1500, 64


@sf.cell
def update_gate(x, h, *, gate):
    """Collins, Sohl-Dickstein and Sussillo 2017, the UGRNN: one gate, no reset."""
    z = sigmoid(gate.update(x, h))
    return (1 - z) * h + z * tanh(gate.candidate(x, h))


class Adder(nn.Module):
    """A layer of the cell, and a linear map of its last output."""

    def __init__(self, cell: Cell) -> None:
        super().__init__()
        self.layer = sf.nn.Recurrent(cell, 2, HIDDEN)
        self.head = nn.Linear(HIDDEN, 1)

    def forward(self, x: Tensor) -> Tensor:
        output, _ = self.layer(x)
        return self.head(output[-1]).squeeze(-1)


def examples(count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Series of two channels, numbers and marks, (time, batch, 2); and the sums, (batch,)."""
    numbers = torch.rand(LENGTH, count, generator=generator)
    halves = torch.rand(2, LENGTH // 2, count, generator=generator)
    marks = nn.functional.one_hot(halves.argmax(1), LENGTH // 2)  # one in each half
    marks = marks.permute(0, 2, 1).reshape(-1, count).float()
    return torch.stack([numbers, marks], -1), (numbers * marks).sum(0)


def train(cell: Cell) -> tuple[float, float]:
    """Train an Adder of this cell; its mean squared error on fresh examples, and the seconds."""
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    model = Adder(cell)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
    model(examples(BATCH, generator)[0]).sum().backward()  # compiles the cell's kernel, once
    began = time.perf_counter()
    for _ in range(STEPS):
        x, y = examples(BATCH, generator)
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x), y).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    seconds = time.perf_counter() - began
    x, y = examples(2000, generator)
    with torch.no_grad():
        return float(nn.functional.mse_loss(model(x), y)), seconds


def main() -> None:
    print(f"adding problem, {LENGTH} steps, {STEPS} batches of {BATCH}, {HIDDEN} units")
    print("cell           weights   mean squared error   seconds")
    for cell in (update_gate, find("lstm")):
        weights = sum(p.numel() for p in Adder(cell).layer.parameters())
        error, seconds = train(cell)
        print(f"{cell.name:12}   {weights:7,}   {error:18.5f}   {seconds:7.1f}")


if __name__ == "__main__":
    main()
