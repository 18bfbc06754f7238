"""Where results are written: never among the data, and never over what others put in the way."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import steadfit as sf
from steadfit.cli import main
from steadfit.errors import SteadfitError

SMALL = ("--model", "mlp", "--set", "width=0.05", "--epochs", "1")
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


@pytest.mark.parametrize("name", ["study.json", "report.html"])
def test_a_link_among_the_results_is_refused_before_the_training(
    photos: Path, name: str, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    mine.write_text("years of work")
    run = tmp_path / "run"
    run.mkdir()
    (run / name).symlink_to(mine)
    with pytest.raises(SteadfitError, match=f"{name} must be a file or absent, got a link to"):
        sf.study(photos, "mlp", ["l2"], samples=2, training={"epochs": 1}, out=run)
    assert mine.read_text() == "years of work"
    assert not (run / "store").exists()
