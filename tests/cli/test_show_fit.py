"""`steadfit show` and `steadfit report` of a fit's folder: the figures that the fit wrote."""

import json

import numpy as np
import pytest

import steadfit as sf
from steadfit.cli import main
from steadfit.errors import SteadfitError
from steadfit.study.fit_result import read_fit

SMALL = {"settings": {"width": 0.1}, "training": {"epochs": 2}}


def printed(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0
    return capsys.readouterr().out


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> sf.Fitted:
    data = sf.read("digits", limit=200)
    return sf.fit(data, "mlp", "dropout+l2", out=tmp_path_factory.mktemp("fit"), **SMALL)


@pytest.mark.parametrize("command", ["show", "report"])
def test_the_figures_are_shown_again(command: str, fitted: sf.Fitted, capsys) -> None:
    shown = printed([command, str(fitted.folder)], capsys)
    assert shown.splitlines()[0].startswith("digits · 200 images 1×8×8 · 10 classes · ")
    assert "with dropout=0.5+l2=0.001, seed 0" in shown
    assert f"{fitted.loss:.3g}"[:4] in shown
    assert fitted.error is not None
    assert f"{100 * fitted.error:.2f}%" in shown
    assert "reference: frequencies" in shown
    assert "training loss, first and last epoch" in shown
    names = {"fit.json", "run.json", "model", "report.html"}
    assert names == {path.name for path in fitted.folder.iterdir()}


def test_as_json(fitted: sf.Fitted, capsys) -> None:
    found = json.loads(printed(["show", str(fitted.folder), "--json"], capsys))
    assert (found["loss"], found["error"]) == (fitted.loss, fitted.error)
    assert found["settings"]["training"]["penalties"]["l2"] == 0.001
    assert read_fit(fitted.folder) == fitted.result


def test_of_texts_and_forecasts_too(tmp_path, capsys) -> None:
    text = sf.read("copy", length=5, train=10, test=5)
    hidden = {"hidden": 3, "embedding": 3}
    sf.fit(text, settings=hidden, training={"epochs": 1}, out=tmp_path / "text", reference=False)
    assert "bits a character" in printed(["show", str(tmp_path / "text")], capsys)
    series = sf.data.from_forecast([np.sin(np.arange(60.0))], sf.data.Forecast(2, 6))
    sf.fit(series, training={"epochs": 1}, out=tmp_path / "series", reference=False)
    assert "Mean absolute scaled error (MASE)" in printed(
        ["show", str(tmp_path / "series")], capsys
    )


@pytest.mark.parametrize("command", ["show", "report"])
@pytest.mark.parametrize(
    "wrong",
    [
        {"settings": {"model": ["mlp"]}},
        {"data": {"shape": []}},
    ],
    ids=str,
)
def test_figures_that_do_not_belong_together_are_a_sentence(
    fitted: sf.Fitted, tmp_path, capsys, command: str, wrong: dict
) -> None:
    """Each value is one that a fit may have, and together they are of no fit."""
    content = json.loads((fitted.folder / "fit.json").read_text())
    wrong = {**wrong, "data": content["data"] | wrong.get("data", {})}
    (tmp_path / "fit.json").write_text(json.dumps(content | wrong))
    with pytest.raises(SystemExit, match="2"):
        main([command, str(tmp_path)])
    said = capsys.readouterr().err
    assert f"The files of {tmp_path} do not belong together (" in said
    assert "Fit again" in said


def test_what_is_no_fit_is_refused(fitted: sf.Fitted, tmp_path) -> None:
    content = json.loads((fitted.folder / "fit.json").read_text())
    for wrong, said in (
        (content | {"schema": 9}, "must have schema 1, got 9"),
        (content | {"loss": "low"}, "is not a fit's result: loss"),
        ([1, 2], "is not a fit's result"),
    ):
        (tmp_path / "fit.json").write_text(json.dumps(wrong))
        with pytest.raises(SteadfitError, match=said):
            read_fit(tmp_path)
