"""The page that every fit leaves, and the figures in the target's units."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console

import steadfit as sf
from steadfit.data import Forecast, from_forecast, scaled_errors, split
from steadfit.references import REFERENCES
from steadfit.report import charts, fit_summary
from steadfit.report.numbers import quantity

NAME = "<script>window.hurt=1</script>"
SEASON = 5 * np.sin(np.arange(90) * np.pi / 6) + np.random.default_rng(0).normal(size=90)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> sf.Fitted:
    data = from_forecast([SEASON + 20], Forecast(3, 24, season=12), names=[NAME])
    return sf.fit(data, training={"epochs": 2}, out=tmp_path_factory.mktemp("fit"))


def test_forecasts_have_a_page_without_a_script_in_the_units_of_the_series(
    fitted: sf.Fitted,
) -> None:
    page = (fitted.folder / "report.html").read_text()
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert "&lt;script&gt;window.hurt" in page
    assert page.count("<path") == 3  # the truth, the forecasts, the training loss
    mae, mase = map(quantity, fitted.result.measures.values())
    assert f"<h1>MAE {mae}, MASE {mase}.</h1>" in page
    assert "Forecasts over truth" in page


def test_a_fit_and_its_references_have_mae_and_mase(fitted: sf.Fitted) -> None:
    scaled = fitted.result.scaled_errors
    assert scaled is not None
    assert fitted.result.measures == pytest.approx({"mae": scaled.absolute, "mase": scaled.arm})
    data = from_forecast([SEASON + 20], Forecast(3, 24, season=12), names=[NAME])
    parts = split(data)
    for score in fitted.references:
        predicted = REFERENCES[score.name].fit(parts.train).predict(parts.test)
        errors = scaled_errors(parts.train, parts.test, torch.from_numpy(predicted), season=12)
        absolute = np.abs(predicted - parts.test.y.numpy()).mean()
        wanted = {"mae": absolute, "mase": float(errors.mean())}
        assert score.measures == pytest.approx(wanted), score.name


def test_numbers_are_marks_over_the_truth(tmp_path: Path) -> None:
    x = np.random.default_rng(1).normal(size=(60, 4)).astype(np.float32)
    fitted = sf.fit((x, x[:, 0]), "linear", training={"epochs": 1}, out=tmp_path, reference=False)
    page = (tmp_path / "report.html").read_text()
    assert "Predicted against true" in page
    assert page.count("h0M") == 12 - 1  # a mark for each test point
    assert str(fitted).count("MAE") == 1


def test_a_line_reaches_from_corner_to_corner_and_breaks_where_nothing_is_known() -> None:
    rising = charts.lines("", {"a": ("ink", [1.0, 2.0, 3.0])}, ("1", "3"))
    assert rising.lines[0].path == "M0 240.0h0L500 120.0L1000 0.0"
    assert rising.y == ("1", "3")
    broken = charts.lines("", {"a": ("ink", [1.0, np.nan, 3.0])}, ("1", "3"))
    assert broken.lines[0].path == "M0 240.0h0M1000 0.0h0"
    decades = charts.lines("", {"a": ("ink", [1.0, 10.0, 100.0])}, ("1", "3"), logarithmic=True)
    assert decades.lines[0].path == rising.lines[0].path
    constant = charts.lines("", {"a": ("ink", [2.0, 2.0])}, ("1", "2"))
    assert constant.lines[0].path == "M0 120.0h0L1000 120.0"
    exact = charts.predicted("", np.array([0.0, 4.0]), np.array([0.0, 4.0]))
    assert exact.lines[1].path == "M0 240h0M1000 0h0"


def test_an_ascii_terminal_gets_the_losses_way_in_ascii(fitted: sf.Fitted) -> None:
    console = Console(file=io.TextIOWrapper(io.BytesIO(), "ascii"), width=80)
    console.print(fit_summary(fitted.result))
    console.file.seek(0)
    said = console.file.read()
    first, last = (quantity(fitted.curves["train_loss"][place]) for place in (0, -1))
    assert f"{first} > {last}" in said
