"""What `steadfit doctor` looks at."""

import os
import platform
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import torch
from torch import Tensor

from steadfit.cells import (
    BuildError,
    Cell,
    Result,
    Sequences,
    Weights,
    cache_folder,
    compiler,
    find,
    run,
    run_reference,
)
from steadfit.cells.compiled import has_triton
from steadfit.cells.run import run_outputs
from steadfit.errors import counted
from steadfit.machine import usable_cores

CELL = "gru"  # two stages of products: most of what the generator can write
TOLERANCE = 1e-10  # in float64
GPU, GPU_TOLERANCE = "cuda", 1e-4  # in float32, relative to the largest number


@dataclass(frozen=True)
class Outcome:
    """right: the kernel agrees with the reference, or there is none. words: what to say of it."""

    right: bool
    words: str


def facts() -> dict[str, str]:
    """What is found, by what it is."""
    cores = counted(usable_cores(), "usable cores")
    return {
        "steadfit": f"{version('steadfit')}, Python {platform.python_version()}, "
        f"torch {torch.__version__}",
        "machine": f"{platform.system()} {platform.machine()}",
        "threads": f"{torch.get_num_threads()} of torch, on {cores}",
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "GPU": _gpu(),
        "compiler": _compiler(),
        "kernels": _kernels(),
        "data folder": _data_folder(),
    }


def kernel() -> Outcome:
    """Compile a kernel, in an empty cache folder, and compare it with the reference."""
    cell = find(CELL)
    tensors = _tensors(cell)
    began = time.perf_counter()
    with _empty_cache(), warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = _results(run, cell, tensors)
    seconds = time.perf_counter() - began
    if said:
        return Outcome(True, f"none: {said[0].message}")
    expected = _results(run_reference, cell, tensors)
    pairs = zip(found, expected, strict=True)
    error = max(float((one - other).abs().max()) for one, other in pairs)
    if not error <= TOLERANCE:
        return Outcome(
            False,
            f"WRONG: {CELL} differs from the reference by {error:.1e}. Please report this, with "
            "all the lines above; until then, CXX=none makes cells run step by step.",
        )
    return Outcome(
        True,
        f"{CELL} compiled in {seconds:.1f} s; outputs and gradients equal the reference's to "
        f"{error:.1e}",
    )


def gpu_kernels() -> dict[str, Outcome]:
    """Run two cells on the GPU, and compare them with the reference on the CPU: by cuDNN, and by a
    kernel that Triton compiles. Nothing where torch sees no GPU."""
    if not torch.cuda.is_available():
        return {}
    by_triton = "by Triton" if has_triton() else "step by step, as Triton is not installed"
    return {
        "lstm on the GPU": _on_gpu("lstm", run_outputs, "by cuDNN"),
        "gru on the GPU": _on_gpu("gru", run, by_triton),
    }


def _on_gpu(name: str, way: Callable[..., Result], how: str) -> Outcome:
    cell = find(name)
    tensors = [tensor.detach().float() for tensor in _tensors(cell)]
    there = [tensor.to(GPU).requires_grad_() for tensor in tensors]
    began = time.perf_counter()
    try:
        found = _results(way, cell, there)
    except Exception as error:  # a driver, a compiler or a library may raise anything
        said = (str(error) or type(error).__name__).splitlines()[0][:200]
        return Outcome(False, f"does not run {how}: {said}")
    seconds = time.perf_counter() - began
    expected = _results(run_reference, cell, [tensor.requires_grad_() for tensor in tensors])
    pairs = list(zip(found, expected, strict=True))
    error = max(float((one.cpu() - other).abs().max() / other.abs().max()) for one, other in pairs)
    if not error <= GPU_TOLERANCE:
        return Outcome(False, f"WRONG: differs from the reference by {error:.1e}, {how}")
    return Outcome(
        True, f"{how}, the first time in {seconds:.1f} s; equals the reference to {error:.1e}"
    )


@contextmanager
def _empty_cache() -> Iterator[None]:
    """For the while, compiled kernels are kept in a folder of their own."""
    usual = os.environ.get("STEADFIT_CACHE")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["STEADFIT_CACHE"] = folder
        try:
            yield
        finally:
            del os.environ["STEADFIT_CACHE"]
            if usual is not None:
                os.environ["STEADFIT_CACHE"] = usual


def _tensors(cell: Cell) -> list[Tensor]:
    """An input and the cell's weights, of odd sizes."""
    generator = torch.Generator().manual_seed(0)
    shapes = [(5, 3, 3), *cell.shapes(input=3, hidden=17).values()]
    return [
        torch.randn(shape, generator=generator, dtype=torch.float64, requires_grad=True)
        for shape in shapes
    ]


def _results(run: Callable[..., Result], cell: Cell, tensors: list[Tensor]) -> list[Tensor]:
    """The outputs, and all gradients of the sum of their squares."""
    x, *weights = tensors
    named = dict(zip(cell.shapes(1, 1), weights, strict=True))
    outputs = run(cell, Weights(**named), Sequences(x)).outputs
    return [outputs.detach(), *torch.autograd.grad(outputs.square().sum(), tensors)]


def _gpu() -> str:
    if not torch.cuda.is_available():
        return "none that torch sees"
    names = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    return ", ".join(names)


def _compiler() -> str:
    try:
        path, first_line = compiler()
    except BuildError as error:
        return f"none: {error}"
    return f"{path}, {first_line}"


def _kernels() -> str:
    try:
        folder = cache_folder()
    except OSError as error:
        return f"no cache folder: {error}"
    found = list(folder.glob("*.so"))
    size = sum(path.stat().st_size for path in found) / 1e6
    return f"{len(found)} in {folder}, {size:.1f} MB"


def _data_folder() -> str:
    named = os.environ.get("STEADFIT_DATA")
    if named is None:
        return "none; STEADFIT_DATA names one"
    return named if Path(named).is_dir() else f"{named}, which is not there"
