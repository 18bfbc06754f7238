"""What the builders' settings have in common."""

from typing import Annotated, Literal

from pydantic import Field

Width = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Norm = Literal["none", "batch"]


def scaled(count: int, width: float) -> int:
    """This many channels or units, times the width, and at least one.

    >>> scaled(20, 0.5), scaled(1, 0.25)
    (10, 1)
    """
    return max(1, round(count * width))
