"""Random cells against their equations; see `random_cells` and `random_check`."""

import os

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from cells.random_cells import Run, runs
from cells.random_check import check

CELLS = int(os.environ.get("STEADFIT_FUZZ_CELLS", "60"))
SEED = int(os.environ.get("STEADFIT_FUZZ_SEED", "0"))
PARTS = 4  # for as many processes


@pytest.mark.parametrize("part", range(PARTS))
def test_random_cells_are_their_equations(part: int) -> None:
    @seed(SEED * PARTS + part)
    @settings(
        max_examples=CELLS // PARTS,
        database=None,
        derandomize=False,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(one=runs())
    def hold(one: Run) -> None:
        check(one)

    hold()
