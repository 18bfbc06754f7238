"""Figures hold the figures of the result, and their colours can be told apart."""

import dataclasses

import numpy as np
import pytest

from steadfit.analysis import points
from steadfit.analysis.decomposition import Components
from steadfit.analysis.result import Parts, VarianceAnalysis
from steadfit.analysis.terms import Loss
from steadfit.report import class_figures, figures, palette, replica_figures
from steadfit.study.result import StudyResult


def channel(value: int) -> float:
    share = value / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def linear(colour: str) -> np.ndarray:
    """Linear red, green and blue of "#rrggbb" (IEC 61966-2-1)."""
    return np.array([channel(int(colour[i : i + 2], 16)) for i in (1, 3, 5)])


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's contrast ratio."""
    lights = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) + 0.05 for c in (one, other))
    return lights[1] / lights[0]


# How a dichromat sees linear light (Machado, Oliveira and Fernandes 2009, severity 1).
BLINDNESS = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                   [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                     [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                   [0.004733, 0.691367, 0.303900]],
}  # fmt: skip


def lab(light: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of linear sRGB, white point D65."""
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    x, y, z = np.cbrt(np.array(to_xyz) @ light.clip(0, 1) / [0.9505, 1.0, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("colours", [palette.LIGHT, palette.DARK], ids=["light", "dark"])
class TestPalette:
    @pytest.mark.parametrize("role", ["ink", "muted", "better", "worse"])
    def test_words_reach_the_contrast_of_aa(self, colours: dict[str, str], role: str):
        assert contrast(colours[role], colours["paper"]) >= 4.5
        assert contrast(colours[role], colours["tint"]) >= 4.5

    @pytest.mark.parametrize("role", ["bias", "variance", "better", "muted"])
    def test_marks_reach_the_contrast_of_aa(self, colours: dict[str, str], role: str):
        assert contrast(colours[role], colours["paper"]) >= 3

    def test_figures_in_the_deepest_cell_can_be_read(self, colours: dict[str, str]):
        assert contrast(colours["ink"], colours["mistake"]) >= 4.5

    @pytest.mark.parametrize("blindness", BLINDNESS)
    @pytest.mark.parametrize(
        "pair",
        [("bias", "variance"), ("bias", "better"), ("ink", "variance"), ("better", "worse"),
         ("better", "variance"), ("variance", "muted"), ("better", "muted")],
    )  # fmt: skip
    def test_colours_that_meet_differ_for_the_colour_blind(
        self, colours: dict[str, str], pair: tuple[str, str], blindness: str
    ):
        seen = [lab(np.array(BLINDNESS[blindness]) @ linear(colours[role])) for role in pair]
        assert float(np.linalg.norm(seen[0] - seen[1])) >= 10


def test_no_two_roles_share_a_colour_so_that_the_dark_ones_can_be_put_in():
    assert len(set(palette.LIGHT.values())) == len(palette.LIGHT)
    assert palette.LIGHT.keys() == palette.DARK.keys()


def test_bars_are_the_parts_of_the_arms_that_have_them(digits: StudyResult):
    bias, variance = figures.parts(digits.analysis).data
    assert bias.x == (0.061, 0.058)
    assert variance.x == (0.087, 0.038)


def test_the_forest_is_in_percent_of_the_baseline(digits: StudyResult):
    marks, *_ = figures.changes(digits.analysis).data
    assert marks.x == pytest.approx([-20, -14, 1, 34, -19])
    assert marks.error_x.array == pytest.approx([17.0] * 5)
    left, right = figures.changes(digits.analysis).layout.xaxis.range
    assert left < -37
    assert right > 51


def test_one_arm_far_off_leaves_room_for_the_others(digits: StudyResult):
    first, second, *_ = digits.analysis.arms
    far = dataclasses.replace(
        second, variance=VarianceAnalysis({Loss.CROSS_ENTROPY: Parts(2500.0, 0.061, 2499.939)})
    )
    result = dataclasses.replace(digits.analysis, arms=(first, far))
    assert figures.parts(result).layout.xaxis.range[1] < 1


def test_ends_that_are_not_finite_have_no_whisker(unknown: StudyResult):
    marks, *_ = figures.changes(unknown.analysis).data
    assert marks.error_x.array == (None,)


def test_components_keep_their_sign(digits: StudyResult):
    first = digits.analysis.arms[0]
    assert first.variance is not None
    below = dataclasses.replace(first.variance, components=Components(0.0435, 0.0261, -0.01))
    result = dataclasses.replace(
        digits.analysis, arms=(dataclasses.replace(first, variance=below),)
    )
    figure = figures.components(result)
    assert [trace.x[0] for trace in figure.data] == pytest.approx([0.0435, 0.0261, -0.01])
    assert figure.layout.xaxis.range[0] < -0.01


def test_curves_keep_the_replicas_apart():
    two = [{"train_loss": [1.0, 0.5]}, {"train_loss": [2.0], "validation_loss": [3.0]}]
    train, validation = replica_figures.curves("baseline", two, (0.5, 3.0)).data
    assert train.x == (1, 2, None, 1, None)
    assert train.y == (1.0, 0.5, None, 2.0, None)
    assert validation.y == (None, 3.0, None)


def test_a_rivals_loss_is_a_line_across_the_curves():
    figure = replica_figures.curves("baseline", [{"train_loss": [3.0, 2.0, 1.5]}], (1, 3), ("n", 1))
    line = figure.data[-1]
    assert (line.name, line.x, line.y) == ("n", (1, 3), (1, 1))


@pytest.mark.parametrize(
    ("reach", "axis", "low"),
    [((0.01, 0.7), "log", -2), ((0.65, 0.75), "linear", 0.65), ((-1.0, 9.0), "linear", -1)],
)
def test_curves_have_two_ticks_or_more(reach: tuple[float, float], axis: str, low: float):
    """A logarithmic axis has them at 1 and 3 times the powers of ten alone."""
    figure = replica_figures.curves("baseline", [{"train_loss": [reach[0], reach[1]]}], reach)
    assert (figure.layout.yaxis.type, figure.layout.yaxis.range[0]) == (axis, low)
    assert axis == "linear" or len(figure.layout.yaxis.tickvals) > 1
    assert figure.layout.xaxis.dtick == 1


def test_only_mistakes_are_coloured_and_every_cell_has_its_percent():
    matrix, diagonal = replica_figures.confusion(
        np.array([[0.997, 0.003], [0.25, 0.75]]), "ab"
    ).data
    assert np.isnan(np.diagonal(matrix.z)).all()
    assert matrix.z[1, 0] == 25
    assert [list(row) for row in matrix.text] == [["", "&lt;1"], ["25", ""]]
    assert diagonal.text == ("100", "75")


def test_names_are_no_markup_in_a_figure(hostile: StudyResult):
    for figure in (
        figures.parts(hostile.analysis),
        figures.changes(hostile.analysis),
        figures.components(hostile.analysis),
    ):
        assert not any("<" in note.text for note in figure.layout.annotations)


def test_the_forest_has_the_strongest_reference_as_a_dotted_line(digits: StudyResult):
    (line,) = [one for one in figures.changes(digits.analysis).layout.shapes if one.line.dash]
    assert line.line.dash == "dot"
    assert line.x0 == pytest.approx(100 * (0.121 - 0.05) / 0.05)
    without = dataclasses.replace(digits.analysis, references=())
    assert not [one for one in figures.changes(without).layout.shapes if one.line.dash]


def test_a_calibrated_network_lies_on_the_line():
    rng = np.random.default_rng(0)
    logits = rng.normal(scale=2, size=(1, 40_000, 3))
    shares = np.exp(logits[0]) / np.exp(logits[0]).sum(1, keepdims=True)
    y = (rng.random(40_000)[:, None] > shares.cumsum(1)).sum(1)
    for factor, below in ((1.0, False), (3.0, True)):
        rows = points.reliability(factor * logits, y)
        assert rows[:, 2].sum() == 40_000
        if below:  # too sure: right less often than it says
            assert (rows[:, 1] < rows[:, 0])[rows[:, 2] > 500].all()
        else:
            np.testing.assert_allclose(rows[:, 1], rows[:, 0], atol=0.04)
        curve = class_figures.reliability({"baseline": rows}).data[1]
        np.testing.assert_array_equal(curve.y, rows[:, 1])


def test_each_class_is_counted_by_its_own_points():
    y = np.array([0, 0, 0, 0, 1, 1])
    logits = np.eye(3)[[[0, 0, 0, 1, 1, 0], [0, 0, 0, 1, 1, 1]]]
    rows = class_figures.recalls(logits, y, "abc").rows
    assert [row[:3] for row in rows] == [("a", "4", "75.0%"), ("b", "2", "75.0%")]
    assert rows[0][3] == "30.1% to 95.4%"  # Wilson's, of 3 of 4
