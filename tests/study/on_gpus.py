"""A learner that trains on the CPU and says it was a GPU; in a module that workers can import."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from steadfit.data import Dataset
from steadfit.training import RecipeLearner, Replica


@dataclass(frozen=True)
class OnGpu(RecipeLearner):
    """Takes so many bytes of a GPU that has so many free, and writes which GPU it saw."""

    taken: int = 0
    free: int = 0
    log: Path = Path(os.devnull)

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
