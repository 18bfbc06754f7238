"""Text of others on a terminal and in a spreadsheet."""

import csv
import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.table import Table
from rich.text import Text

from steadfit.cli.terminal import SafeConsole
from steadfit.foreign_text import harmless_cell, original_cell, printable, printable_lines

STEERING = (
    "\x1b[2J",
    "\x07",
    "\x9b31m",
    "\x7f",
    "\r",
    "\b",
    "\u202e",
    "\u2066",
    "\u2028",
    "\ud800",
)


@given(st.text(st.characters(exclude_categories=[])))
def test_nothing_that_steers_is_left(text: str) -> None:
    categories = {unicodedata.category(c) for c in printable(text) if c not in "\u200c\u200d"}
    assert not categories & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    lines = printable_lines(text)
    assert printable(lines.replace("\n", "").replace("\t", "")) == lines.replace("\n", "").replace(
        "\t", ""
    )
    assert lines.count("\n") == text.count("\n")


@pytest.mark.parametrize("text", ["cat", "naïve 猫", "می‌خواهم", "👩‍👧", "a\u00a0b", "\U0001fae8"])
def test_ordinary_text_stays(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize("bad", STEERING)
def test_a_console_shows_it_escaped_wherever_it_stands(bad: str) -> None:
    table = Table("heading", title="t" + bad)
    table.add_row(Text("cell" + bad))
    table.add_row("plain" + bad)
    shown = io.StringIO()
    console = SafeConsole(file=shown, force_terminal=True, color_system="truecolor", width=60)
    console.print(table, "[bold]own[/] " + bad)
    assert bad not in shown.getvalue()
    assert "\x1b[1mown\x1b[0m" in shown.getvalue(), "its own colours stay"


def test_rich_alone_would_let_it_through() -> None:
    """The oracle itself."""
    shown = io.StringIO()
    Console(file=shown, width=60).print(Text("a\x1b[2Jb"))
    assert "\x1b[2J" in shown.getvalue()


@given(st.one_of(st.text(), st.text("=+-@'\t\r\n1e.a", max_size=6)))
def test_a_cell_is_no_formula_and_the_name_comes_back(name: str) -> None:
    cell = harmless_cell(name)
    assert original_cell(cell) == name
    if cell[:1] in tuple("=+-@\t\r\n"):
        float(cell)  # a number is no formula


@pytest.mark.parametrize("name", ["-1", "+1.5", "-2e3", "-inf", "cat", "don't", "'twas", ""])
def test_numbers_and_ordinary_names_stay(name: str) -> None:
    assert harmless_cell(name) == name


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-1+1", "\t=1", "\r=1"])
def test_a_formula_survives_a_csv_file_as_text(name: str) -> None:
    file = io.StringIO()
    csv.writer(file).writerow([harmless_cell(name)])
    [[cell]] = csv.reader(io.StringIO(file.getvalue(), newline=""))
    assert cell.startswith("'")
    assert original_cell(cell) == name
