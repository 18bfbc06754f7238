"""The cells that steadfit knows by name. A new cell is a function in `library` and a line here."""

from collections.abc import Mapping
from types import MappingProxyType

from steadfit.cells import library
from steadfit.cells.language import Cell
from steadfit.errors import unknown

CELLS: Mapping[str, Cell] = MappingProxyType(
    {
        cell.name: cell
        for cell in (
            library.rnn,
            library.rnn_relu,
            library.lstm,
            library.peephole_lstm,
            library.coupled_lstm,
            library.gru,
            library.gru_reset_after,
            library.mgu,
            library.mgu_reset_after,
            library.indrnn,
            library.min_gru,
        )
    }
)


def find(name: str) -> Cell:
    """The cell of this name. Raises SteadfitError, with the nearest name, if there is none.

    >>> find("gru").states
    ('h',)
    """
    if name not in CELLS:
        raise unknown("cell", name, CELLS)
    return CELLS[name]
