"""Where results are written: never among the data, and never over what others put in the way."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import steadfit as sf
from steadfit.cli import main
from steadfit.errors import SteadfitError

SMALL = ("--model", "mlp", "--set", "width=0.05", "--epochs", "1")
QUICK = {"samples": 2, "settings": {"width": 0.05}, "training": {"epochs": 1}, "processes": 1}
RNG = np.random.default_rng(0)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for i in range(12):
        folder = tmp_path / "photos" / "xy"[i % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(RNG.integers(0, 255, (8, 8), dtype=np.uint8)).save(folder / f"{i}.png")
    return tmp_path / "photos"


@pytest.mark.parametrize("command", ["fit", "study"])
@pytest.mark.parametrize("out", [["--out", "photos/run"], ["--out", "link/run"], None])
def test_not_among_the_data(
    photos: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    out: list[str] | None,
) -> None:
    (photos.parent / "link").symlink_to(photos)
    monkeypatch.chdir(photos.parent if out else photos)
    before = sorted(photos.rglob("*"))
    with pytest.raises(SystemExit):
        main([command, "photos" if out else ".", *SMALL, *(out or [])])
    assert "must lie outside the data" in capsys.readouterr().err
    assert sorted(photos.rglob("*")) == before


def test_nor_from_python(photos: Path) -> None:
    for call in (sf.study, sf.fit):
        with pytest.raises(SteadfitError, match="must lie outside the data"):
            call(photos, "mlp", out=photos / "run")


PLANTED: dict[str, Callable[[Path], object]] = {
    "a link": lambda path: path.symlink_to(path.parent.parent / "mine"),
    "a named pipe": os.mkfifo,
    "a folder": Path.mkdir,
}


@pytest.mark.parametrize("found", PLANTED)
@pytest.mark.parametrize("name", ["study.json", "run.json", "points.npz", "report.html"])
def test_what_is_no_file_among_the_results_is_refused_before_the_training(
    photos: Path, name: str, found: str, tmp_path: Path
) -> None:
    refused(photos, tmp_path, name, PLANTED[found], f"{name} must be a file or absent, got {found}")


@pytest.mark.parametrize("name", ["study.json", "run.json", "points.npz", "report.html"])
def test_a_pipe_that_comes_during_the_training_is_not_waited_for(
    photos: Path, name: str, tmp_path: Path
) -> None:
    run = tmp_path / "run"

    def plant(_: object) -> None:
        if not (run / name).exists():
            os.mkfifo(run / name)

    with pytest.raises(SteadfitError, match=f"{name} must be a file or absent, got a named pipe"):
        sf.study(photos, "mlp", "none", folds=2, watch=plant, out=run, **QUICK)
    assert list(run.glob("store/[0-9a-f]*")), "what was trained is kept"


@pytest.mark.parametrize("found", ["a link", "a named pipe"])
def test_nor_is_it_taken_for_a_model(photos: Path, found: str, tmp_path: Path) -> None:
    refused(photos, tmp_path, "model", PLANTED[found], "model must be a folder or absent, got a")


def test_claims_are_not_made_behind_a_link(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "elsewhere").mkdir()

    def plant(store: Path) -> None:
        store.mkdir()
        (store / ".claims").symlink_to(tmp_path / "elsewhere")

    refused(photos, tmp_path, "store", plant, r"\.claims must be a folder or absent, got a link")
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_report_of_ones_own_is_not_replaced(photos: Path, tmp_path: Path) -> None:
    def plant(report: Path) -> None:
        report.write_text("years of work")

    refused(photos, tmp_path, "report.html", plant, "report.html would be replaced, and nothing")
    assert (tmp_path / "run" / "report.html").read_text() == "years of work"


@pytest.mark.parametrize("name", ["...csv", "..csv", " .csv"])
def test_names_of_dots_do_not_lead_out_of_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    Path(name).write_text(
        "a,b,label\n" + "".join(f"{i % 5},{i % 3},{'xy'[i % 2]}\n" for i in range(12))
    )
    small = {"settings": {"width": 0.05}, "training": {"epochs": 1}, "reference": False}
    assert sf.fit(name, out=None, **small).folder.resolve().parent == Path("runs").resolve()
    done = sf.study(name, remedies="none", samples=2, processes=1, **small)
    assert done.folder == Path("runs/data")
    assert {path.name for path in Path().iterdir()} == {name, "runs"}


def refused(
    photos: Path, tmp_path: Path, name: str, plant: Callable[[Path], object], said: str
) -> None:
    """Nothing is trained, and the file that a link names is as it was."""
    mine, run = tmp_path / "mine", tmp_path / "run"
    mine.write_text("years of work")
    run.mkdir(exist_ok=True)
    plant(run / name)
    with pytest.raises(SteadfitError, match=said):
        sf.study(photos, "mlp", ["l2"], samples=2, training={"epochs": 1}, out=run)
    assert mine.read_text() == "years of work"
    assert not list(run.glob("store/[0-9a-f]*"))
