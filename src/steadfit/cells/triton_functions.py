"""What generated GPU kernels call: the elementwise functions, and loads of states and tiles.

Importing this imports Triton. Memory may hold bfloat16; all is computed in float32, but products,
whose sums are. A float32 tanh and sigmoid are right to a few 1e-7, absolutely.
"""

import triton
import triton.language as tl


@triton.jit
def sigmoid(x):
    """1 / (1 + exp(-x))."""
    return 1.0 / (1.0 + tl.exp(-x))


@triton.jit
def tanh(x):
    """By sigmoid, as Triton's interpreter has no tanh."""
    return 2.0 / (1.0 + tl.exp(-2.0 * x)) - 1.0


@triton.jit
def relu(x):
    """0 below 0; NaN stays."""
    return tl.where(x < 0.0, 0.0, x)


@triton.jit
def positive(x):
    """1 above 0, else 0."""
    return tl.where(x > 0.0, 1.0, 0.0)


@triton.jit
def sign(x):
    """-1, 0 or 1."""
    return tl.where(x > 0.0, 1.0, tl.where(x < 0.0, -1.0, 0.0))


@triton.jit
def maximum(x, y):
    """The larger; NaN if either is."""
    return tl.where((x > y) | (x != x), x, y)


@triton.jit
def minimum(x, y):
    """The smaller; NaN if either is."""
    return tl.where((x < y) | (x != x), x, y)


@triton.jit
def read(memory, row, j, inside, H: tl.constexpr):
    """Numbers j of blocks `row` of H numbers, 0 outside; float32."""
    return tl.load(memory + row[:, None] * H + j, mask=inside, other=0.0).to(tl.float32)


@triton.jit
def shared(memory, place, j, H: tl.constexpr):
    """Numbers j of block `place`, the same for all rows, 0 outside; float32."""
    return tl.load(memory + place * H + j, mask=j < H, other=0.0).to(tl.float32)


@triton.jit
def keep(memory, row, j, value, inside, H: tl.constexpr):
    """Write what `read` reads."""
    tl.store(memory + row[:, None] * H + j, value, mask=inside)


@triton.jit
def before(initial, sequence, i, row, n, j, inside, H: tl.constexpr):
    """A state before step n: initial of sequence i, or what stands in the row of step n - 1."""
    first = read(initial, i, j, inside & (n == 0), H)
    return first + read(sequence, row, j, inside & (n > 0), H)


@triton.jit
def row_of(n, length, i, starts, inside, REVERSE: tl.constexpr):
    """The row of x of step n of each sequence, in the direction of the run."""
    t = length - 1 - n if REVERSE else length * 0 + n
    return tl.load(starts + t, mask=inside, other=0) + i


@triton.jit
def adjoint(carry, d_sequence, block, row, j, inside, H: tl.constexpr):
    """How the loss changes with a new state: through the steps after, and through its output."""
    carried = read(carry, block, j, inside, H)
    if d_sequence is not None:
        carried += read(d_sequence, row, j, inside, H)
    return carried
