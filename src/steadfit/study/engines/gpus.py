"""GPUs that trainings share: which there are, and how many trainings each holds."""

import os
import warnings
from typing import NamedTuple

import torch

from steadfit.errors import SteadfitError

VISIBLE = (
    "CUDA_VISIBLE_DEVICES"  # the variable with the GPUs that a process sees, by number or name
)
_CONTEXT = 600 * 2**20  # bytes that CUDA and its libraries take for each process
_USED = 0.9  # of the free memory; other arms may need more than the first


class GpuUse(NamedTuple):
    """Bytes of a GPU: what torch took of it for a training, at most, and what is free beside."""

    taken: int
    free: int


class Gpus(NamedTuple):
    """Those that torch sees, as `CUDA_VISIBLE_DEVICES` names them. unusable: why torch cannot use
    one that it has found, as its driver is too old; "" otherwise."""

    names: tuple[str, ...]
    unusable: str = ""


def visible_gpus() -> Gpus:
    """The GPUs of this machine."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        available = torch.cuda.is_available()
    if not available:
        words = [str(one.message).splitlines()[0] for one in said]
        return Gpus((), words[0].partition(" (Triggered")[0].strip() if words else "")
    numbers = [str(number) for number in range(torch.cuda.device_count())]
    named = [name.strip() for name in os.environ.get(VISIBLE, "").split(",") if name.strip()]
    return Gpus(tuple(named if len(named) == len(numbers) else numbers))


def check_asked(per_gpu: int | None, gpus: int, unusable: str = "") -> None:
    """Raise SteadfitError where trainings are to share a GPU, and there is none."""
    if per_gpu is not None and not gpus:
        why = f" ({unusable.rstrip('.')})" if unusable else ""
        raise SteadfitError(
            f"per_gpu must be left out where torch sees no GPU{why}, got {per_gpu}. Without it, "
            "the processor trains; `steadfit doctor` tells what torch sees."
        )


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


def on_the_processor(unusable: str) -> tuple[str, ...]:
    """For people: why a GPU was not used; nothing where there is none."""
    if not unusable:
        return ()
    return (f"Trained on the processor, as torch cannot use the GPU: {unusable.rstrip('.')}.",)


def said(first: GpuUse, per_gpu: int) -> str:
    """For people: how many trainings share a GPU, and why."""
    return (
        f"Trainings at a time on a GPU: {per_gpu}, as the first took {first.taken / 1e9:.1f} GB of "
        f"its memory and {first.free / 1e9:.1f} GB were free."
    )
