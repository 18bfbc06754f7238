"""The terminal table: what it says, at which width, and what no name can do to it."""

import io
import re
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from steadfit.analysis.terms import Verdict
from steadfit.report import summary as summary_for
from steadfit.report import table
from steadfit.report.voice import COMMAND_LINE
from steadfit.study.result import StudyResult


def summary(result: StudyResult):
    return summary_for(result, COMMAND_LINE)


def printed(thing: object, width: int = 120, encoding: str = "utf-8", **settings: Any) -> str:
    """What a console of this width shows, as text."""
    written = io.BytesIO()
    file = io.TextIOWrapper(written, encoding=encoding)
    Console(file=file, width=width, **settings).print(thing)
    file.flush()
    return written.getvalue().decode(encoding)


def row(text: str, start: str) -> str:
    """The line that starts so, its blanks made single."""
    return " ".join(next(line for line in text.splitlines() if line.startswith(start)).split())


def test_a_row_holds_the_figures_of_its_arm(digits: StudyResult):
    text = printed(table(digits.analysis))
    assert row(text, "baseline") == "baseline 3.1 0.148 0.061 0.087"
    assert row(text, "dropout=0.5 ") == (
        "dropout=0.5 2.0 0.096 0.058 0.038 −0.052 [−0.066, −0.038] better"
    )
    assert row(text, "smaller").endswith("+0.031 [+0.017, +0.045] worse")
    assert row(text, "l1=10.0") == "l1=10.0 – – – – failed"
    assert row(text, "arm") == (
        "arm error % cross-entropy bias+noise variance change (95% interval)"
    )
    assert "nats" in text


def test_the_summary_names_data_design_failure_verdict_and_best(digits: StudyResult):
    text = printed(summary(digits))
    assert text.startswith(
        "digits · 1,797 images 1×8×8 · 10 classes · 1,437 train, 360 test · "
        "convnet, 113,000 weights"
    )
    assert "6 arms × 5 training samples × 2 seeds = 60 replicas" in text
    assert (
        "L1=10.0 failed: in 10 retrainings the loss, a gradient or a prediction was not finite"
        in " ".join(text.split())
    )
    assert "Variance-limited: 59%" in text
    assert "Best: dropout=0.5." in text


@pytest.mark.parametrize("width", [60, 70, 80, 100, 140])
@pytest.mark.parametrize("which", ["digits", "numbers", "hostile", "unknown"])
def test_no_line_is_too_long_and_no_figure_is_cut(
    which: str, width: int, request: pytest.FixtureRequest
):
    result = request.getfixturevalue(which)
    text = printed(summary(result), width=width)
    assert all(len(line) <= width for line in text.splitlines())
    assert text.count("]") >= sum(bool(arm.changes) for arm in result.analysis.arms)
    better = sum(arm.verdict is Verdict.BETTER for arm in result.analysis.arms)
    assert text.count("better") >= better


def test_a_long_name_takes_no_room_from_the_figures(digits: StudyResult):
    arms = [
        replace(arm, name=f"cell=long_{place:_<30}")
        for place, arm in enumerate(digits.analysis.arms)
    ]
    text = printed(table(replace(digits.analysis, arms=tuple(arms)), 60), 60)
    assert all(len(line) <= 60 for line in text.splitlines())
    intervals = sum("cross_entropy" in arm.changes for arm in arms)
    assert len(re.findall(r"[−+]\S+ \[\S+, \S+\]", text)) == intervals > 0


def test_columns_leave_in_the_stated_order(digits: StudyResult):
    headings = {w: printed(table(digits.analysis, w), w).splitlines()[0] for w in (120, 94, 80, 60)}
    assert "bias+noise" in headings[120]
    assert "bias+noise" not in headings[94]
    assert "cross-entropy" in headings[80]
    assert "cross-entropy" not in headings[60]
    assert all("variance" in heading for heading in headings.values())


def test_joined_names_break_at_the_plus(digits: StudyResult):
    lines = [line.split()[0] for line in printed(table(digits.analysis, 60), 60).splitlines()]
    place = lines.index("dropout=0.5+")
    assert lines[place + 1] == "l2=0.001"


def test_regression_has_no_error_column_and_keeps_its_units(numbers: StudyResult):
    text = printed(table(numbers.analysis))
    assert "error %" not in text
    assert row(text, "baseline") == "baseline 148,000 61,000 87,000"
    assert "squared units of the target" in text


def test_what_is_not_known_is_a_dash_and_what_has_no_end_is_infinite(unknown: StudyResult):
    text = printed(table(unknown.analysis))
    assert row(text, "clip") == "clip – 0.200 – – +0.052 [−∞, +∞] cannot tell"


def test_ascii_terminals_get_ascii_in_the_same_columns(hostile: StudyResult):
    plain, rich = (printed(summary(hostile), 100, code) for code in ("ascii", "utf-8"))
    assert plain.isascii()
    assert "-0.027 [-0.041, -0.013]" in plain
    assert len(plain.splitlines()) == len(rich.splitlines())


def test_names_move_no_cursor_and_are_no_markup(hostile: StudyResult):
    text = printed(summary(hostile), 140, force_terminal=True, color_system=None)
    assert "\x1b[31m" not in text
    assert "\u202e" not in text
    assert "[red]{{ 7 * 7 }}[/red]" in text


def test_colour_says_nothing_that_words_do_not(digits: StudyResult):
    coloured = printed(table(digits.analysis), force_terminal=True, color_system="standard")
    assert "\x1b[32m" in coloured
    assert "better" in printed(table(digits.analysis), no_color=True)


def test_the_table_needs_neither_torch_nor_plotly():
    heavy = "{'torch', 'plotly', 'jinja2', 'sklearn', 'scipy', 'PIL'} & set(sys.modules)"
    code = f"import sys; import steadfit.report; print({heavy} or 'light')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "light"
