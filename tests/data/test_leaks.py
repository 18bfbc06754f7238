"""Columns that give the target away, and numbers that stand for missing values."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import steadfit as sf

RNG = np.random.default_rng(0)
N = 40
Y = RNG.uniform(1000, 9000, N).round(2)
X = RNG.normal(size=N).round(3)


def notes(**columns: object) -> str:
    frame = pd.DataFrame({"x": X, "y": Y} | columns)
    return "\n".join(sf.data.from_table(frame, "y").notes)


@pytest.mark.parametrize(
    ("column", "told"),
    [
        (0.9 * Y, '"z" (0.9 × the target)'),
        ((0.9 * Y).round(2), '"z" (0.9 × the target)'),
        (3 - 2 * Y, '"z" (-2 × the target + 3)'),
        (np.log(Y), 'rises or falls with "z" in every row'),
        (-(Y**2), 'rises or falls with "z" in every row'),
        (Y - X, 'y is "x" + "z" in every row'),
        (X + Y, 'y is "z" - "x" in every row'),
    ],
)
def test_a_function_of_the_target_is_named(column: np.ndarray, told: str) -> None:
    assert told in notes(z=column)
    assert "every row" not in notes(z=column + RNG.normal(0, np.ptp(column) / 10, N))


def test_a_copy_in_another_style_is_left_out(tmp_path: Path) -> None:
    rows = "\n".join(f"{x},{y:.2f} €,{y:.4f}" for x, y in zip(X, Y, strict=True))
    (tmp_path / "t.csv").write_text(f"x,z,y\n{rows}\n")
    data = sf.read(tmp_path / "t.csv", target="y")
    assert data.columns == ("x",)
    assert any('"z" (a copy of the target)' in note for note in data.notes)


@pytest.mark.parametrize("mark", [-999, -9999, 99999, 999.9, 9999, -32768, 1e30, -3.4e38])
def test_marks_for_missing_values_are_named_and_kept(mark: float) -> None:
    column = np.where(np.arange(N) % 7 == 0, mark, RNG.normal(20, 5, N).round(1))
    assert f'{mark:g} in "z" (6 rows)' in notes(z=column)


@pytest.mark.parametrize(
    "column",
    [
        np.where(np.arange(N) == 3, -999, X),  # once
        np.where(np.arange(N) % 5 == 0, 99, RNG.integers(50, 99, N)),  # not far
        np.where(np.arange(N) % 5 == 0, 1000, X),  # no such mark
    ],
)
def test_other_numbers_are_no_such_marks(column: np.ndarray) -> None:
    assert "as marks for missing" not in notes(z=column)


def test_marks_in_the_target_are_named() -> None:
    assert '-999 in "y" (6 rows)' in notes(y=np.where(np.arange(N) % 7 == 0, -999, Y))


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"z": 2 * Y}, 'with "z" (2 × the target) in every row. If it is known only together'),
        ({"z": 2 * Y, "w": 3 * Y}, "rises or falls with each of "),
        ({"z": 2 * Y, "w": 3 * Y}, "If they are known only together with the target, leave them"),
        ({"z": np.where(np.arange(N) % 7, X, -999)}, "(6 rows) lies far outside"),
        ({c: np.where(np.arange(N) % 7, X, -999) for c in "zw"}, "lie far outside the other"),
        ({c: np.where(np.arange(N) % 7, X, -999) for c in "zw"}, "If they are such, leave these"),
    ],
)
def test_one_and_several_are_named_in_their_number(
    columns: dict[str, np.ndarray], told: str
) -> None:
    assert told in notes(**columns)


CLASSES = np.arange(N) % 3


@pytest.mark.parametrize(
    ("column", "tells"),
    [
        (np.array(["low", "mid", "high"])[CLASSES], True),
        (CLASSES * 10 + 7, True),
        (np.where(np.arange(N) == 0, 1, CLASSES) * 10, False),  # once otherwise
        (np.arange(N) % 2, False),
        (np.arange(N) % 6, False),  # two values beside each of the target
    ],
)
def test_another_name_of_the_classes_is_named(column: np.ndarray, tells: bool) -> None:
    frame = pd.DataFrame({"x": X, "z": column, "y": np.array(["p", "q", "r"])[CLASSES]})
    said = "\n".join(sf.data.from_table(frame, "y").notes)
    assert ('each value of "z" stands beside one value of y alone' in said) == tells
