"""Quotes that are signs of texts: no row is lost between two of them."""

from pathlib import Path

import pytest

from steadfit.errors import SteadfitError
from steadfit.formats.csv_tables import read_csv

LINES = [f"{i},word{i % 5},{'uv'[i % 2]}" for i in range(12)]


def written(folder: Path, lines: list[str]) -> Path:
    (folder / "t.csv").write_text("\n".join(["a,text,label", *lines]) + "\n")
    return folder / "t.csv"


@pytest.mark.parametrize(("first", "last"), [(3, 9), (3, 4), (0, 11)])
def test_rows_between_two_lone_quotes_are_rows(tmp_path: Path, first: int, last: int) -> None:
    lines = [*LINES]
    lines[first] = lines[first].replace(",word", ',"word')
    lines[last] = lines[last].replace(",u", '",u').replace(",v", '",v')
    found = read_csv(written(tmp_path, lines), None, None)
    assert found.numbers("a").tolist() == list(range(12))
    assert "quotes are read as signs of the texts" in found.notes[0]
    with pytest.raises(SteadfitError, match=r'the quote before "word\d,\w" is closed in another'):
        read_csv(written(tmp_path, [*lines, '12,"a, b",u']), None, None)


def test_texts_of_several_lines_are_cells(tmp_path: Path) -> None:
    lines = [*LINES, '12,"well, so\nit, was, fine\nand over",u', '13,"a ""b"", c",v']
    found = read_csv(written(tmp_path, lines), None, None)
    assert found.numbers("a").tolist() == list(range(14))
    assert found.texts("text")[-2:] == ["well, so\nit, was, fine\nand over", 'a "b", c']
