"""GPUs that trainings share: which there are, and how many trainings each holds."""

import os
from typing import NamedTuple

import torch

VISIBLE = (
    "CUDA_VISIBLE_DEVICES"  # the variable with the GPUs that a process sees, by number or name
)
_CONTEXT = 600 * 2**20  # bytes that CUDA and its libraries take for each process
_USED = 0.9  # of the free memory; other arms may need more than the first


class GpuUse(NamedTuple):
    """Bytes of a GPU: what torch took of it for a training, at most, and what is free beside."""

    taken: int
    free: int


def visible_gpus() -> tuple[str, ...]:
    """Those that torch sees, as `CUDA_VISIBLE_DEVICES` names them."""
    if not torch.cuda.is_available():
        return ()
    numbers = [str(number) for number in range(torch.cuda.device_count())]
    named = [name.strip() for name in os.environ.get(VISIBLE, "").split(",") if name.strip()]
    return tuple(named if len(named) == len(numbers) else numbers)


def gpu_use() -> GpuUse | None:
    """That of this process, which has trained alone on its GPU; None if it has not used one."""
    if not torch.cuda.is_initialized():
        return None
    free, _ = torch.cuda.mem_get_info()
    return GpuUse(torch.cuda.max_memory_reserved(), free)


def trainings_per_gpu(first: GpuUse, cores: float) -> int:
    """How many trainings a GPU holds, by what the first took of it. cores: for each GPU.

    >>> trainings_per_gpu(GpuUse(taken=10**9, free=15 * 10**9), cores=16)
    9
    >>> trainings_per_gpu(GpuUse(taken=10**9, free=15 * 10**9), cores=4)
    4
    >>> trainings_per_gpu(GpuUse(taken=10**10, free=10**9), cores=4)
    1
    """
    others = int(_USED * first.free) // (first.taken + _CONTEXT)
    return max(1, min(1 + others, int(cores)))


def said(first: GpuUse, per_gpu: int) -> str:
    """For people: how many trainings share a GPU, and why."""
    return (
        f"Trainings at a time on a GPU: {per_gpu}, as the first took {first.taken / 1e9:.1f} GB of "
        f"its memory and {first.free / 1e9:.1f} GB were free."
    )
