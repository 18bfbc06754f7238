"""What a cell's equations compute on while they are traced: a `Symbol` writes down each operation.

Whatever is done to a symbol that has no place in a graph (an `if`, a foreign function, a slice)
raises SteadfitError with the file, the line and the expression.
"""

import linecache
import sys
from typing import Any, NoReturn

from steadfit.cells.graph import Builder, Node
from steadfit.errors import SteadfitError

Position = tuple[int, int, int, int]  # line, last line, column, last column of an expression

_OURS = (__name__, "steadfit.cells.functions", "steadfit.cells.language")
_ADVICE = (
    "Write the step with + - * /, the functions of steadfit.cells (sigmoid, tanh, relu, …), "
    "gate.NAME(…) and peephole.NAME."
)


class Tape:
    """The nodes of a trace, and the expression that made each one."""

    def __init__(self) -> None:
        self.builder = Builder()
        self.positions: dict[Position, int] = {}

    def add(self, node: Node) -> "Symbol":
        """A symbol for this node."""
        index = self.builder.add(node)
        if position := _caller()[1]:
            self.positions[position] = index
        return Symbol(self, index)


class Symbol:
    """A value of the step, H numbers for each row of the batch."""

    def __init__(self, tape: Tape, index: int) -> None:
        self._tape = tape
        self._index = index

    def apply(self, function: str, *others: Any) -> "Symbol":
        """The elementwise function of this symbol and of others (symbols or numbers)."""
        operands = [self.lift(other, function) for other in (self, *others)]
        return self._tape.add(Node(function, tuple(operand._index for operand in operands)))

    def lift(self, value: Any, function: str) -> "Symbol":
        """The value itself if it is a symbol, or a symbol for a plain number."""
        if isinstance(value, Input):
            value.apply(function)
        if isinstance(value, Symbol):
            return value
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return self._tape.add(Node("constant", value=float(value)))
        refuse(f"{function} got a {type(value).__name__}, expected a value of the step or a number")

    def __add__(self, other: Any) -> "Symbol":
        return self.apply("add", other)

    def __sub__(self, other: Any) -> "Symbol":
        return self.apply("subtract", other)

    def __mul__(self, other: Any) -> "Symbol":
        return self.apply("multiply", other)

    def __truediv__(self, other: Any) -> "Symbol":
        return self.apply("divide", other)

    def __neg__(self) -> "Symbol":
        return self.apply("negative")

    def __radd__(self, other: Any) -> "Symbol":
        return self.lift(other, "add").apply("add", self)

    def __rsub__(self, other: Any) -> "Symbol":
        return self.lift(other, "subtract").apply("subtract", self)

    def __rmul__(self, other: Any) -> "Symbol":
        return self.lift(other, "multiply").apply("multiply", self)

    def __rtruediv__(self, other: Any) -> "Symbol":
        return self.lift(other, "divide").apply("divide", self)

    def __pow__(self, exponent: Any) -> "Symbol":
        if not isinstance(exponent, int) or isinstance(exponent, bool) or not 1 <= exponent <= 8:
            refuse(f"a power must be a whole number from 1 to 8, got {exponent!r}")
        result = self
        for _ in range(exponent - 1):
            result = result.apply("multiply", self)
        return result

    def __bool__(self) -> NoReturn:
        refuse("the truth of a value of the step is not known when its equations are read")

    def __iter__(self) -> NoReturn:
        refuse("a value of the step cannot be taken apart")

    def __getitem__(self, key: Any) -> NoReturn:
        refuse("a value of the step cannot be taken apart")

    def __float__(self) -> NoReturn:
        refuse("a function that needs a plain number was given a value of the step")

    __int__ = __index__ = __len__ = __complex__ = __float__

    def __array__(self, *args: Any, **kwargs: Any) -> NoReturn:
        refuse("NumPy cannot take a value of the step")

    def __array_ufunc__(self, ufunc: Any, *args: Any, **kwargs: Any) -> NoReturn:
        refuse(f"numpy.{ufunc.__name__} cannot take a value of the step")

    @classmethod
    def __torch_function__(cls, function: Any, *args: Any, **kwargs: Any) -> NoReturn:
        refuse(f"torch's {function.__name__} cannot take a value of the step")

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):  # asked for by libraries that look for protocols
            raise AttributeError(name)
        refuse(f'a value of the step has no method "{name}"')

    def _compare(self, other: Any) -> NoReturn:
        refuse("a comparison is not known when the equations are read")

    __lt__ = __le__ = __gt__ = __ge__ = _compare  # type: ignore[assignment]

    def _foreign(self, other: Any) -> NoReturn:
        refuse("this operator does not work on each unit alone")

    __matmul__ = __rmatmul__ = __mod__ = __floordiv__ = __rpow__ = _foreign


class Input(Symbol):
    """x: it has as many numbers as the input, not as the cell has units, so only gates take it."""

    def apply(self, function: str, *others: Any) -> Symbol:
        """Refused: the widths differ."""
        refuse("the input has a width of its own, so only a gate can take it, as in gate.NAME(x)")


def refuse(reason: str) -> NoReturn:
    """The error for what a cell cannot do, pointing at the equations' expression."""
    where, position = _caller()
    line = linecache.getline(where, position[0]).rstrip("\n") if position else ""
    if position and position[0] == position[1]:
        text = line.encode()[position[2] : position[3]].decode(errors="replace")
    else:
        text = line.strip()
    place = f"{where}:{position[0]}" if position else where
    found = f", in `{text}`" if text else ""
    raise SteadfitError(f"{place}: {reason}{found}. {_ADVICE}") from None


def _caller() -> tuple[str, Position | None]:
    """File and position of the expression outside this room that is being evaluated."""
    frame = sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__name__") in _OURS:
        frame = frame.f_back
    instruction = frame.f_lasti // 2
    for index, position in enumerate(frame.f_code.co_positions()):
        if index == instruction:
            known = None not in position
            return frame.f_code.co_filename, position if known else None  # type: ignore[return-value]
    return frame.f_code.co_filename, None
