"""A learner that trains on the CPU and says it was a GPU; in a module that workers can import."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from steadfit.data import Dataset
from steadfit.remedies import Remedy
from steadfit.training import RecipeLearner, Replica


@dataclass(frozen=True)
class OnGpu(RecipeLearner):
    """Takes so many bytes of a GPU that has so many free, and writes which GPU it saw."""

    taken: int = 0
    free: int = 0
    log: Path = Path(os.devnull)

    def with_remedies(self, remedies: Sequence[Remedy]) -> "OnGpu":
        return replace(self, recipe=super().with_remedies(remedies).recipe)

    def train(
        self, data: Dataset, examples: Tensor, tested: Tensor, seed: int, device: str = "cpu"
    ) -> Replica:
        torch.cuda.is_initialized = lambda: True
        torch.cuda.mem_get_info = lambda: (self.free, self.free + self.taken)
        torch.cuda.max_memory_reserved = lambda: self.taken
        with open(self.log, "ab", buffering=0) as log:
            log.write(f"{os.environ['CUDA_VISIBLE_DEVICES']} {os.getpid()}\n".encode())
        time.sleep(0.1)  # so that each worker that there may be is started
        return super().train(data, examples, tested, seed, "cpu")
