"""A study and a fit in a notebook: the bar while they run, and what their names show."""

import numpy as np
import pytest

import steadfit as sf

SMALL = {"settings": {"width": 0.1}, "training": {"epochs": 1}}


class Shown(list[str]):
    """IPython's handle of what is displayed: keeps all that it was told to show."""

    display = update = list.append


@pytest.fixture
def displayed(monkeypatch: pytest.MonkeyPatch) -> list[Shown]:
    """What is displayed in a notebook, as which this process counts meanwhile."""
    found: list[Shown] = []

    def handle() -> Shown:
        found.append(Shown())
        return found[-1]

    monkeypatch.setattr("IPython.display.HTML", str)
    monkeypatch.setattr("IPython.display.DisplayHandle", handle)
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    return found


def data() -> sf.Dataset:
    rng = np.random.default_rng(0)
    return sf.from_arrays(rng.normal(size=(40, 6, 6)), ["<b>cat</b>", "dog"] * 20, "<i>pets</i>")


def test_a_study_shows_a_bar_that_fills_and_goes(displayed, tmp_path, capsys) -> None:
    few = {"folds": 3, "repetitions": 1, "variance": "none", "reference": False}
    sf.study(data(), "mlp", "none", processes=1, out=tmp_path, **few, **SMALL)
    (bar,) = displayed
    fills = [html for html in bar if html]
    assert [f"repetition 1: {n} of 3" in html for n, html in enumerate(fills[:4])] == [True] * 4
    assert '<progress value="3" max="3"></progress>' in fills[3]
    assert bar[-1] == ""
    assert capsys.readouterr().out == ""


def test_the_bar_goes_where_a_study_ends_with_an_error(displayed, tmp_path) -> None:
    with pytest.raises(sf.SteadfitError, match="processes must be 1 or more"):
        sf.study(data(), "mlp", "none", samples=2, processes=0, out=tmp_path, **SMALL)
    assert displayed[0][-1] == ""


def test_elsewhere_there_is_no_bar(tmp_path, capsys) -> None:
    sf.study(data(), "mlp", "none", samples=2, processes=1, out=tmp_path, **SMALL)
    assert capsys.readouterr() == ("", "")


def test_names_at_the_end_of_a_cell_are_short_and_show_the_figures(tmp_path) -> None:
    study = sf.study(data(), "mlp", "none", samples=2, processes=1, out=tmp_path / "s", **SMALL)
    fitted = sf.fit(data(), "mlp", out=tmp_path / "f", **SMALL)
    assert repr(study) == "<Study of <i>pets</i>: 1 arm, best baseline>"
    assert repr(fitted) == f"<Fitted mlp on <i>pets</i>: test loss {fitted.loss:.4f} nats>"
    for html in (study._repr_html_(), fitted._repr_html_()):
        assert "&lt;i&gt;pets&lt;/i&gt;" in html
        assert "<i>" not in html
        assert "<table>" in html
    assert "test cross-entropy, nats" in fitted._repr_html_()
    assert "test cross-entropy, nats" in str(fitted)
