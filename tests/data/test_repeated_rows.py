"""Tables whose rows are steps of a series, or several of one thing, are not learned row by row."""

from pathlib import Path

import numpy as np
import pytest

import steadfit as sf
from steadfit.errors import SteadfitError


def sensors(path: Path, series: int = 12, order: str = "runs") -> Path:
    rng = np.random.default_rng(0)
    rows = [
        (f"S{number:03}", step, round(rng.normal(number % 3), 3), "abc"[number % 3])
        for number in range(series)
        for step in range(rng.integers(5, 9))
    ]
    if order == "mixed":
        rng.shuffle(rows)
    lines = [",".join(map(str, row)) for row in rows]
    path.write_text("\n".join(["id,time,value,label", *lines]))
    return path


def test_a_long_table_of_series_names_what_to_give(tmp_path: Path) -> None:
    file = sensors(tmp_path / "sensors.csv")
    with pytest.raises(SteadfitError, match=r'12 values of "id".*series="id".*group="id"') as told:
        sf.read(file, target="label")
    for name, value in told.value.settings.items():  # its advice leads on
        given = {"time": "time"} if name == "series" else {}
        assert len(sf.read(file, target="label", **{name: value}, **given)) in (12, 82)


@pytest.mark.parametrize(("series", "order"), [(5, "runs"), (12, "mixed")])
def test_few_values_and_rows_in_no_order_are_a_table(tmp_path: Path, series: int, order: str):
    file = sensors(tmp_path / "sensors.csv", series, order)
    assert sf.read(file, target="label").schema.kind.name == "tables"


def test_a_sorted_number_that_decides_nothing_is_a_table(tmp_path: Path) -> None:
    rows = [f"{i // 5},{'ab'[i % 2]}" for i in range(100)]
    (tmp_path / "a.csv").write_text("\n".join(["size,label", *rows]))
    assert len(sf.read(tmp_path / "a.csv", target="label")) == 100
