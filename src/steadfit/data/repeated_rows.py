"""Tables whose rows are no examples of their own: steps of a series, or several rows of one thing.

Rows of one thing on both sides of a split are told apart by knowing the thing.
"""

from collections.abc import Sequence
from itertools import pairwise

from steadfit.errors import SteadfitError
from steadfit.formats.columns import Columns

_ROWS = 4  # of each thing in the mean, at least
_THINGS = 2  # for each value of the target, more than


def check_rows(table: Columns, names: Sequence[str], target: str) -> None:
    """Raise SteadfitError where a column names things, each with several rows and one target.

    Such a column is one whose values each stand in one run of rows, all with one value of the
    target, and are more than twice as many as the target's.
    """
    targets = table.names_in(target)
    for name in names:
        cells = table.names_in(name)
        things = len(set(cells))
        if None in cells or not _THINGS * len(set(targets)) < things <= len(cells) / _ROWS:
            continue
        runs = 1 + sum(one != other for one, other in pairwise(cells))
        if runs == things == len(set(zip(cells, targets, strict=True))):
            raise SteadfitError(
                f'{table.file}: the {len(cells):,} rows are of {things:,} values of "{name}", one '
                f"after the other, each with one {target}, so rows of one stand on both sides of a "
                f'split. If they are the steps of a series, give series="{name}"; if they belong '
                f'together, group="{name}"; if each row is an example all the same, kind="table".',
                series=name,
                group=name,
                kind="table",
            )
