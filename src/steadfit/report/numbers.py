"""Numbers as people read them: as many digits as they bear, true minus signs, percent."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a table is to be shown without torch, which the study needs
    from steadfit.analysis.comparison import Change
    from steadfit.analysis.result import Interval

UNKNOWN = "–"
NO_BREAK = "\N{NO-BREAK SPACE}"


def number(value: float, decimals: int, sign: bool = False) -> str:
    """A figure with this many decimals, a true minus sign and commas at the thousands.

    >>> number(-0.0516, 3), number(0.0516, 3, sign=True), number(float("inf"), 3)
    ('−0.052', '+0.052', '∞')
    """
    if math.isnan(value):
        return UNKNOWN
    if math.isinf(value):
        text = "inf" if value > 0 else "-inf"
    elif abs(value) >= 1e7:
        text = f"{value:.2e}"
    else:
        text = f"{value:,.{decimals}f}"
    if sign and value > 0:
        text = "+" + text
    return text.replace("-", "−").replace("inf", "∞")


def quantity(value: float) -> str:
    """A lone figure with three significant digits.

    >>> quantity(1234.5), quantity(0.04567), quantity(30.0)
    ('1,234', '0.0457', '30')
    """
    if math.isfinite(value) and value == round(value):
        return number(value, 0)
    return number(value, decimals_for(value, 3))


def percent(share: float, decimals: int = 0) -> str:
    """A share as a percentage, without the sign being lost.

    >>> percent(0.587), percent(0.0312, 1)
    ('59%', '3.1%')
    """
    text = number(100 * share, decimals)
    return text if text == UNKNOWN else text + "%"


def decimals_for(value: float, digits: int) -> int:
    """How many decimals show this many significant digits of the value, from 0 to 8.

    >>> decimals_for(0.148, 3), decimals_for(1234.5, 3)
    (3, 0)
    """
    if not math.isfinite(value) or value == 0:
        return digits
    return min(max(digits - 1 - math.floor(math.log10(abs(value))), 0), 8)


def relative(change: Change, baseline: float) -> str:
    """A change with its interval, in percent of the baseline's total.

    >>> from steadfit.analysis.comparison import Change
    >>> change = Change(-0.014, -0.030, 0.002, 0.008, 9.0, 0.96, 0.0, 0.0, 0.0)
    >>> relative(change, 0.05)
    '−28% [−60, +4]'
    """
    if not baseline > 0:
        return UNKNOWN
    parts = [100 * part / baseline for part in (change.value, change.low, change.high)]
    decimals = 0 if max(abs(parts[2] - parts[1]), abs(parts[0])) >= 4 else 1
    value, low, high = (number(part, decimals, sign=True) for part in parts)
    return f"{value}% [{low}, {high}]"


def chance(share: float) -> str:
    """A chance in percent, never a certain one.

    >>> chance(0.961), chance(0.9999), chance(0.0001)
    ('96%', '>99%', '<1%')
    """
    if share > 0.99:
        return ">99%"
    return "<1%" if share < 0.01 else percent(share)


def interval(change: Interval | Change, decimals: int, scale: float = 1.0) -> str:
    """A change with its interval, times the scale.

    >>> from steadfit.analysis.result import Interval
    >>> interval(Interval(-0.052, -0.066, -0.039), 3)
    '−0.052 [−0.066, −0.039]'
    """
    value, low, high = (
        number(scale * part, decimals, sign=True)
        for part in (change.value, change.low, change.high)
    )
    return f"{value} [{low}, {high}]"
