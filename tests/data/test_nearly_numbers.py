"""Targets that are numbers but for a few words."""

from pathlib import Path

import numpy as np
import pytest

from steadfit.data import read
from steadfit.errors import SteadfitError

MASSES = [f"{10 + 0.25 * k:.2f}" for k in range(40)]


def table(folder: Path, cells: list[str]) -> Path:
    rows = "".join(f"{(7 * k) % 11}.5;{cell}\n" for k, cell in enumerate(cells))
    (folder / "t.csv").write_text("height;mass\n" + rows)
    return folder / "t.csv"


@pytest.mark.parametrize("mark", [".", ","])
@pytest.mark.parametrize("word", ["lost", "<0.5"])
def test_a_few_words_are_named_and_can_be_left_out(tmp_path: Path, mark: str, word: str) -> None:
    cells = [cell.replace(".", mark) for cell in MASSES]
    path = table(tmp_path, [*cells[:5], word, *cells[5:]])
    with pytest.raises(SteadfitError, match=f'40 of 41 cells are numbers.*row 7 \\("{word}"\\)'):
        read(path, target="mass")
    data = read(path, target="mass", task="numbers", missing="drop")
    np.testing.assert_allclose(data.y[:, 0], np.array(MASSES, float))
    assert any(f'1 row without a number in mass left out: t.csv row 7 ("{word}")' in note
               for note in data.notes)  # fmt: skip
    assert read(path, target="mass", task="classes").classes


@pytest.mark.parametrize("cells", [["1", "2", "3", "3", "other"] * 8, ["a1", "1.5"] * 20])
def test_classes_may_be_numbers_and_words(tmp_path: Path, cells: list[str]) -> None:
    assert len(read(table(tmp_path, cells), target="mass").classes) == len({*cells})
