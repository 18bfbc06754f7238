"""What a column is, is told by the training rows; a test file that does not fit is refused."""

from pathlib import Path

import pytest

from steadfit.data import Table, read
from steadfit.errors import SteadfitError
from steadfit.kinds.table_columns import Category

ROWS = [("2021-01-01", "1.5", "red"), ("2022-02-08", "2.5", "blue"), ("2023-03-15", "0.5", "red")]


def written(path: Path, rows: list[tuple[str, str, str]]) -> Path:
    lines = (f"{','.join(row)},{'ab'[i % 2]}\n" for i, row in enumerate(rows))
    path.write_text("day,size,colour,y\n" + "".join(lines))
    return path


@pytest.mark.parametrize(
    ("place", "cell", "told"),
    [
        (0, "2021-01-01T00:00:00+02:00", r'"day".* row 4 \("2021-01-01T'),
        (0, "2021-02-30", r'"day".* row 4 \("2021-02-30'),
        (1, "large", r'"size".* row 4 \("large'),
    ],
)
def test_test_cells_of_another_kind_are_named(
    tmp_path: Path, place: int, cell: str, told: str
) -> None:
    train = written(tmp_path / "train.csv", ROWS * 8)
    wrong = [*ROWS[2]]
    wrong[place] = cell
    test = written(tmp_path / "test.csv", [*ROWS[:2], (wrong[0], wrong[1], wrong[2])])
    with pytest.raises(SteadfitError, match=r"in 1: test\.csv") as refused:
        read(train, test_file=test)
    assert refused.match(told)


def test_categories_are_those_of_the_training_rows(tmp_path: Path) -> None:
    train = written(tmp_path / "train.csv", ROWS * 8)
    new = written(tmp_path / "test.csv", [("2024-01-01", "1.5", "7")] * 4)
    data = read(train, test_file=new)
    assert isinstance(data.x, Table)
    colour = data.x.columns[-1]
    assert isinstance(colour, Category)
    assert colour.categories == ("blue", "red")
    assert data.x.values[-1, -1] == 2
