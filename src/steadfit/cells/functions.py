"""The elementwise functions that a cell's equations may use, on tensors and while being traced."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

import torch

from steadfit.cells.symbol import Symbol, refuse

Value = TypeVar("Value")  # a tensor when the equations run, a symbol when they are traced

TORCH: Mapping[str, Callable[..., torch.Tensor]] = MappingProxyType(
    {
        "add": torch.add,
        "subtract": torch.subtract,
        "multiply": torch.multiply,
        "divide": torch.divide,
        "negative": torch.negative,
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "relu": torch.relu,
        "exp": torch.exp,
        "log": torch.log,
        "sqrt": torch.sqrt,
        "absolute": torch.abs,
        "maximum": torch.maximum,
        "minimum": torch.minimum,
    }
)


def _apply(name: str, *values: Any) -> Any:
    symbol = next((value for value in values if isinstance(value, Symbol)), None)
    if symbol is not None:
        first, *others = values
        return symbol.lift(first, name).apply(name, *others)
    tensor = next((value for value in values if isinstance(value, torch.Tensor)), None)
    if tensor is None:
        refuse(f"{name} got a {type(values[0]).__name__}, expected a value of the step")
    return TORCH[name](*(torch.as_tensor(value).to(tensor) for value in values))


def sigmoid(value: Value) -> Value:
    """1 / (1 + exp(-value)), in each unit alone."""
    return _apply("sigmoid", value)


def tanh(value: Value) -> Value:
    """The hyperbolic tangent, in each unit alone."""
    return _apply("tanh", value)


def relu(value: Value) -> Value:
    """The larger of 0 and value, in each unit alone."""
    return _apply("relu", value)


def exp(value: Value) -> Value:
    """e to the power of value, in each unit alone."""
    return _apply("exp", value)


def log(value: Value) -> Value:
    """The natural logarithm, in each unit alone."""
    return _apply("log", value)


def sqrt(value: Value) -> Value:
    """The square root, in each unit alone."""
    return _apply("sqrt", value)


def absolute(value: Value) -> Value:
    """The absolute value, in each unit alone."""
    return _apply("absolute", value)


def maximum(first: Value, second: Value | float) -> Value:
    """The larger of two values, in each unit alone."""
    return _apply("maximum", first, second)


def minimum(first: Value, second: Value | float) -> Value:
    """The smaller of two values, in each unit alone."""
    return _apply("minimum", first, second)
