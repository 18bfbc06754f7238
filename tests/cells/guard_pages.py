"""Runs kernels on tensors between pages that nobody may touch; a step outside ends the process.

Each of the kernel's tensors is copied to memory that ends, or begins, at such a page; what the
kernel writes is copied back and compared with the reference. A process of its own, for it may die.
"""

import ctypes
import mmap
from typing import cast
from unittest.mock import patch

import torch
from torch import Tensor

from conftest import Drawn, problems
from steadfit.cells import CELLS, call, kernel, kernels, run, run_reference

PAGE = mmap.PAGESIZE
protect = ctypes.CDLL(None, use_errno=True).mprotect
protect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]


def guarded(tensor: Tensor, at_end: bool) -> Tensor:
    """A copy between two pages that may not be touched, with no room at one of them."""
    size = tensor.numel() * tensor.element_size()
    inner = -(-size // PAGE) * PAGE
    area = mmap.mmap(-1, inner + 2 * PAGE)
    start = ctypes.addressof(ctypes.c_char.from_buffer(area))
    place = PAGE + (inner - size if at_end else 0)
    copy = torch.frombuffer(area, dtype=tensor.dtype, count=tensor.numel(), offset=place)
    copy.copy_(tensor.flatten())
    for page in (start, start + PAGE + inner):
        assert protect(page, PAGE, 0) == 0, ctypes.get_errno()
    return copy


class Guard:
    """Stands before the sweeps; `pointer` takes the place of `kernels._pointer`."""

    def __init__(self, sweeps: ctypes.CDLL, at_end: bool) -> None:
        self.sweeps, self.at_end = sweeps, at_end
        self.copies: list[tuple[Tensor, Tensor]] = []

    def pointer(self, tensor: Tensor | None) -> int | None:
        """Where the guarded copy of a tensor stands."""
        if tensor is None or not tensor.numel():
            return None if tensor is None else tensor.data_ptr()
        self.copies.append((tensor, guarded(tensor.detach(), self.at_end)))
        return self.copies[-1][1].data_ptr()

    def copy_back(self) -> None:
        """Give the caller what the kernel wrote."""
        for tensor, copy in self.copies:
            if not torch.equal(copy, tensor.flatten()):  # autograd forbids to write what it holds
                tensor.detach().copy_(copy.view(tensor.shape))
        self.copies.clear()

    def run_forward(self, cell: object, arguments: object) -> int:
        """The library's function, then the copies back."""
        lacking = self.sweeps.run_forward(cell, arguments)
        self.copy_back()
        return lacking

    def run_backward(self, cell: object, arguments: object) -> int:
        """The library's function, then the copies back."""
        lacking = self.sweeps.run_backward(cell, arguments)
        self.copy_back()
        return lacking


def check(drawn: Drawn, at_end: bool) -> None:
    """Run forward and backward behind guards, and compare with the reference."""
    made = kernel(drawn.cell, torch.float64, False, (False,) * len(drawn.cell.states))
    assert made is not None
    guard = Guard(made.sweeps, at_end)
    guarding = {"kernel": lambda *_: kernels.Kernel(cast(ctypes.CDLL, guard), made.cell)}
    with patch.multiple(call, **guarding), patch.object(kernels, "_pointer", guard.pointer):
        found = drawn.by(run)
        gradients = drawn.gradients(found)
    expected = drawn.by(run_reference)
    torch.testing.assert_close(found.outputs, expected.outputs)
    torch.testing.assert_close(gradients, drawn.gradients(expected))


def main() -> None:
    """Every cell at sizes drawn at random, with no room after its tensors, then before them."""
    for number, drawn in enumerate(problems(4 * len(CELLS), torch.float64)):
        check(drawn, at_end=number // len(CELLS) % 2 == 0)


if __name__ == "__main__":
    main()
