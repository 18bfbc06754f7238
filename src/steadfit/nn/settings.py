"""Checks of the settings of recurrent layers; errors in torch's words where torch has some."""

from collections.abc import Mapping
from numbers import Real

from steadfit.cells import Cell
from steadfit.errors import SteadfitError, WrongTypeError, unknown


def check_rate(name: str, rate: float, one: bool = False) -> float:
    """The rate as it is, if it is a probability below 1 (or 1, if one); else a SteadfitError."""
    number = isinstance(rate, Real) and not isinstance(rate, bool)
    if not number or not 0 <= rate <= 1 or (rate == 1 and not one):
        most = "at most" if one else "less than"
        raise SteadfitError(f"{name} must be at least 0 and {most} 1, got {rate!r}.")
    return float(rate)


def rates(cell: Cell, zoneout: float | Mapping[str, float]) -> dict[str, float]:
    """Zoneout's rate for each state of the cell."""
    if not isinstance(zoneout, Mapping):
        return {name: check_rate("zoneout", zoneout) for name in cell.states}
    for name in zoneout:
        if name not in cell.states:
            raise unknown(f"state of {cell.name}", name, cell.states)
    return {name: check_rate("zoneout", zoneout.get(name, 0.0)) for name in cell.states}


def positive(name: str, value: int) -> int:
    """The number as it is, if it is whole and at least 1."""
    if not isinstance(value, int):
        raise WrongTypeError(f"{name} should be of type int, got: {type(value).__name__}.")
    if value < 1:
        raise SteadfitError(f"{name} must be greater than zero, got {value}.")
    return value


def boolean(name: str, value: bool) -> bool:
    """The value as it is, if it is True or False."""
    if not isinstance(value, bool):
        raise WrongTypeError(f"{name} should be of type bool, got: {type(value).__name__}.")
    return value
