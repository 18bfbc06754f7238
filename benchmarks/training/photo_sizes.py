"""What a step of the default network for photos takes, by the photos' side.

    python benchmarks/training/photo_sizes.py

Processor time of one step of training, one thread, batches of 64, the median of `TURNS`.
"""

import statistics
import time

import torch
from torch.nn.functional import cross_entropy

from steadfit.models import build, complete
from steadfit.recipe import Model
from steadfit.training.predict import channels_last

SIDES, BATCH, TURNS = (32, 64, 96, 128), 64, 5


def main() -> None:
    """One line a side."""
    torch.set_num_threads(1)
    for side in SIDES:
        module = build(complete(Model(name="convnet")), (3, side, side), 10)
        module = channels_last(module)
        x = torch.randn(BATCH, 3, side, side).to(memory_format=torch.channels_last)
        y = torch.arange(BATCH) % 10
        seconds = statistics.median(step(module, x, y) for _ in range(TURNS))
        weights = sum(parameter.numel() for parameter in module.parameters())
        print(f"{side} pixels: {1000 * seconds:.0f} ms a step, {weights:,} parameters", flush=True)


def step(module: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    """Forwards and backwards."""
    began = time.process_time()
    cross_entropy(module(x), y).backward()
    return time.process_time() - began


if __name__ == "__main__":
    main()
