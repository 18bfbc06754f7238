"""The terminal table: what it says, at which width, and what no name can do to it."""

import io
import re
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from steadfit.analysis.terms import Verdict
from steadfit.report import summary as summary_for
from steadfit.report import table
from steadfit.report.voice import COMMAND_LINE
from steadfit.report.wording import VERDICTS
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
    text = printed(table(digits.analysis, 160), 160)
    assert row(text, "arm") == "arm error % cross-entropy change (95%) chance better"
    assert row(text, "baseline") == "baseline 1.17 0.0500"
    assert row(text, "dropout=0.5 ") == (
        "dropout=0.5 1.22 0.0400 −20% [−37, −3] >99% better ← handed over"
    )
    assert row(text, "augment=1") == "augment=1 1.14 0.0430 −14% [−31, +3] 96% probably better"
    assert row(text, "smaller") == "smaller 1.84 0.0670 +34% [+17, +51] <1% worse"
    assert row(text, "l1=10.0") == "l1=10.0 – – failed"
    assert "Cross-entropy in nats." in text


def test_reference_models_stand_below_the_arms_and_get_no_word(digits: StudyResult):
    lines = printed(table(digits.analysis, 160), 160).splitlines()
    assert " ".join(lines[8].split()) == "class frequencies 89.90 2.3020"
    assert " ".join(lines[9].split()) == "logistic regression 3.20 0.1210"
    assert "Reference models, for comparison: class frequencies" in " ".join(lines[10:])
    alone = replace(digits.analysis, references=())
    assert "eference" not in printed(table(alone, 160), 160)


def test_chances_are_never_certain(digits: StudyResult):
    text = printed(table(digits.analysis, 160), 160)
    assert text.count(">99%") == 2
    assert text.count("<1%") == 1
    assert "100%" not in text


def test_the_time_of_a_training_is_the_last_column_where_it_is_known(digits: StudyResult):
    seconds = {"baseline": 4.321, "smaller": 1.2}
    text = printed(table(digits.analysis, 160, seconds), 160)
    assert row(text, "arm").endswith("chance better seconds")
    assert row(text, "baseline").endswith("0.0500 4.32")
    assert row(text, "l2=0.001").endswith("cannot tell –")
    assert row(text, "logistic").endswith("0.1210")
    coloured = printed(
        table(digits.analysis, 160, seconds), 160, force_terminal=True, color_system="standard"
    )
    word = next(line for line in coloured.splitlines() if "worse" in line)
    assert re.search(r"\x1b\[31mworse", word), "the colour is the word's, not the time's"


def test_what_a_failed_arm_had_handed_over_is_not_said(digits: StudyResult):
    text = printed(table(replace(digits.analysis, best="baseline"), 160), 160)
    assert row(text, "baseline") == "baseline 1.17 0.0500 ← handed over"
    assert text.count("←") == 1


def test_the_summary_names_data_design_failure_verdict_and_best(digits: StudyResult):
    text = printed(summary(digits))
    assert text.startswith(
        "digits · 1,797 images 1×8×8 · 10 classes · 1,797 tested · convnet, 113,000 weights\n"
        "7 arms · 5-fold cross-fitting, up to 2 repetitions an arm · 70 trainings\n"
    )
    said = " ".join(text.split())
    assert "l1=10.0 failed: in 10 retrainings the loss, a gradient or a prediction was not" in said
    assert "baseline is variance-limited: 59%" in said
    assert "Handed over: dropout=0.5, the best of" in said


@pytest.mark.parametrize("which", ["digits", "numbers", "hostile", "unknown"])
def test_at_every_width_no_line_is_too_long_and_what_decides_stays(
    which: str, request: pytest.FixtureRequest
):
    found = request.getfixturevalue(which).analysis
    compared = [arm for arm in found.arms if found.decides in arm.changes]
    words = [VERDICTS[arm.verdict] for arm in found.arms if arm.verdict is not Verdict.BASELINE]
    for width in range(40, 161):
        text = printed(table(found, width), width)
        assert all(cell_len(line) <= width for line in text.splitlines()), width
        intervals = re.findall(r"[−+]?[\d.]+% \[[−+]?[\d.∞]+, [−+]?[\d.∞]+\]", text)
        assert len(intervals) == len(compared), width
        chances = re.findall(r"[<>]?\d+%(?= ·| {2,}\w)", text)
        assert len(chances) == sum(bool(arm.judged_by) for arm in found.arms), width
        assert all(word in text for word in words), width
        assert text.count("← handed over") == 1, width


@pytest.mark.parametrize("width", [40, 52, 80, 120])
@pytest.mark.parametrize("which", ["digits", "numbers", "hostile", "unknown"])
def test_no_line_of_the_summary_is_too_long(which: str, width: int, request: pytest.FixtureRequest):
    text = printed(summary(request.getfixturevalue(which)), width=width)
    assert all(cell_len(line) <= width for line in text.splitlines())


def test_a_long_name_takes_no_room_from_the_figures(digits: StudyResult):
    arms = [
        replace(arm, name=f"cell=long_{place:_<30}")
        for place, arm in enumerate(digits.analysis.arms)
    ]
    found = replace(digits.analysis, arms=tuple(arms), best=arms[0].name)
    text = printed(table(found, 60), 60)
    assert all(len(line) <= 60 for line in text.splitlines())
    intervals = sum("cross_entropy" in arm.changes for arm in arms)
    assert len(re.findall(r"[−+]\S+ \[\S+, \S+\]", text)) == intervals > 0


def test_columns_leave_in_the_stated_order(digits: StudyResult):
    seconds = {arm.name: 4.3 for arm in digits.analysis.arms}
    left = []
    for width in range(160, 39, -1):
        heading = printed(table(digits.analysis, width, seconds), width).partition("baseline")[0]
        gone = {
            name
            for name in ("seconds", "error", "entropy", "chance", "better", "change (95%)")
            if name not in heading
        }
        left += sorted(gone.difference(left))
    assert left == ["seconds", "error", "entropy"]


def test_joined_names_break_at_the_plus(digits: StudyResult):
    lines = [line.split()[0] for line in printed(table(digits.analysis, 50), 50).splitlines()]
    place = lines.index("dropout=0.5+")
    assert lines[place + 1] == "l2=0.001"


def test_regression_has_no_error_column_and_says_its_units(numbers: StudyResult):
    text = printed(table(numbers.analysis))
    assert "error %" not in text
    assert row(text, "arm").startswith("arm MAE squared error change")
    assert row(text, "baseline") == "baseline 178,885 50,000"
    changed = "dropout=0.5 160,000 40,000 −20% [−37, −3] >99% better"
    assert row(text, "dropout=0.5").startswith(changed)
    assert "MAE in units of the target. Squared error in squared units of the target" in text


def test_the_error_decides_in_its_own_column(digits: StudyResult):
    text = printed(table(replace(digits.analysis, decides="error"), 120))
    assert row(text, "arm") == "arm error % change (95%) chance better"
    assert "Error in percent of the test points." in text


def test_what_is_not_known_is_left_out_and_what_has_no_end_is_infinite(unknown: StudyResult):
    text = printed(table(unknown.analysis))
    assert row(text, "clip") == "clip 0.200 +33% [−∞, +∞] 50% cannot tell"


def test_ascii_terminals_get_ascii_in_the_same_columns(hostile: StudyResult):
    plain, rich = (printed(summary(hostile), 100, code) for code in ("ascii", "utf-8"))
    assert plain.isascii()
    assert "-10% [-27, +7]" in plain
    assert "<- handed over" in plain or "< handed over" in plain
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


def test_a_usual_terminal_has_an_arm_a_line(digits: StudyResult):
    text = printed(table(digits.analysis, 80), 80)
    assert row(text, "augment=1") == "augment=1 1.14 0.0430 −14% [−31, +3] 96% probably better"
    assert row(text, "smaller") == "smaller 1.84 0.0670 +34% [+17, +51] <1% worse"


def test_chance_and_word_are_by_the_same_measure(digits: StudyResult):
    first, second, *_ = digits.analysis.arms
    brier = replace(second.changes["brier"], chance_better=0.62)
    second = replace(second, judged_by="brier", changes={**second.changes, "brier": brier})
    text = printed(table(replace(digits.analysis, arms=(first, second)), 120))
    assert row(text, "dropout=0.5") == (
        "dropout=0.5 1.22 0.0400 −20% [−37, −3] 62% better ← handed over"
    )
    assert "Chance and word of dropout=0.5 are by the Brier score." in " ".join(text.split())
