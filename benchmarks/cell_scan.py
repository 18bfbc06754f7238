"""Cells as a user of jax writes them: `jax.lax.scan` under jit, the input's product before it.

Weights are those of `steadfit.cells.Weights`: input, recurrent, bias.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.nn import sigmoid

Array = jax.Array


def lstm(u: Array, bias: Array, carry: tuple[Array, Array], p: Array) -> tuple[Any, Array]:
    """One step. p: the input's product."""
    h, c = carry
    i, f, g, o = jnp.split(p + h @ u.T + bias, 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * jnp.tanh(g)
    h = sigmoid(o) * jnp.tanh(c)
    return (h, c), h


def gru(u: Array, bias: Array, carry: tuple[Array], p: Array) -> tuple[Any, Array]:
    """One step; reset acts before the product."""
    (h,) = carry
    units = h.shape[-1]
    gates = sigmoid(p[:, : 2 * units] + h @ u[: 2 * units].T + bias[: 2 * units])
    r, z = jnp.split(gates, 2, axis=-1)
    n = jnp.tanh(p[:, 2 * units :] + (r * h) @ u[2 * units :].T + bias[2 * units :])
    h = (1 - z) * h + z * n
    return (h,), h


def gru_reset_after(u: Array, bias: Array, carry: tuple[Array], p: Array) -> tuple[Any, Array]:
    """One step; reset acts after the product. bias: reset, update, candidate, recurrent."""
    (h,) = carry
    units = h.shape[-1]
    a, b = p + bias[: 3 * units], h @ u.T
    r, z = jnp.split(sigmoid(a[:, : 2 * units] + b[:, : 2 * units]), 2, axis=-1)
    n = jnp.tanh(a[:, 2 * units :] + r * (b[:, 2 * units :] + bias[3 * units :]))
    h = (1 - z) * n + z * h
    return (h,), h


STEPS: dict[str, tuple[Callable[..., Any], int]] = {  # and how many states
    "lstm": (lstm, 2),
    "gru": (gru, 1),
    "gru_reset_after": (gru_reset_after, 1),
}


def work(name: str, given: Sequence[np.ndarray], train: bool) -> Callable[[], Any]:
    """The work to be timed. given: x, input, recurrent, bias."""
    step, states = STEPS[name]

    def outputs(x: Array, w: Array, u: Array, bias: Array) -> Array:
        start = (jnp.zeros((x.shape[1], u.shape[1])),) * states
        return jax.lax.scan(lambda carry, p: step(u, bias, carry, p), start, x @ w.T)[1]

    def gradients(adjoint: Array, *arrays: Array) -> Any:
        value, back = jax.vjp(outputs, *arrays)
        return value, back(adjoint)

    arrays = [jnp.asarray(array) for array in given]
    forward = jax.jit(outputs)
    if not train:
        return lambda: jax.block_until_ready(forward(*arrays))
    adjoint = jnp.asarray(np.random.default_rng(0).normal(size=forward(*arrays).shape), jnp.float32)
    both = jax.jit(gradients)
    both(adjoint, *arrays)  # compile now
    return lambda: jax.block_until_ready(both(adjoint, *arrays))
