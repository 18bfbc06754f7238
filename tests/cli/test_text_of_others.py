"""What others wrote reaches neither the terminal as it is, nor a spreadsheet as a formula."""

import csv
import os
import pty
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import steadfit as sf
from steadfit.cli import main
from steadfit.data import from_arrays

ESCAPE = "\x1b]0;title\x07\x1b[2J"
SHOWN = "\\u001b]0;title\\u0007\\u001b[2J"
QUICK = {"settings": {"width": 0.05}, "training": {"epochs": 1}}
X = np.random.default_rng(0).integers(0, 255, (12, 4, 4), dtype=np.uint8)


def said(capsys: pytest.CaptureFixture[str], *arguments: object, status: int = 0) -> str:
    """All that a command prints, on both streams; nothing in it steers a terminal."""
    found = 0
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as end:
        found = end.code
    both = "".join(capsys.readouterr())
    assert found == status, both
    assert "\x1b" not in both
    assert "\x07" not in both
    return both


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A fit on classes with names that would do something."""
    data = from_arrays(X, [f"=cmd{ESCAPE}" if i % 2 else "@sum" for i in range(12)])
    sf.fit(data, "mlp", out=tmp_path / "run", **QUICK)
    np.savez(tmp_path / "x.npz", x=X)
    return tmp_path / "run"


def test_predictions(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = said(capsys, "predict", run, tmp_path / "x.npz")
    assert f"p_=cmd{SHOWN}" in table
    assert "\"'=cmd" in table or "\"'@sum" in table
    assert '"=cmd' not in table
    assert '"@sum' not in table


FORMULAS = ("=1+1", "+1+1", "-1+1", "@sum", "\t=1", "\r=1")


def test_no_cell_of_the_predictions_is_a_formula(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names of images that begin as formulas do; classes that are numbers stay numbers."""
    numbers = ["-1.5", "+2e3"]
    data = from_arrays(X, [numbers[i % 2] for i in range(12)])
    sf.fit(data, "mlp", out=tmp_path / "run", **QUICK)
    (tmp_path / "photos").mkdir()
    for name in FORMULAS:
        Image.fromarray(X[0]).save(tmp_path / "photos" / f"{name}.png")
    said(capsys, "predict", tmp_path / "run", tmp_path / "photos", "--out", tmp_path / "p.csv")
    with (tmp_path / "p.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert sorted(row["input"] for row in rows) == sorted(f"'{name}.png" for name in FORMULAS)
    assert {row["class"] for row in rows} <= set(numbers)
    assert {"p_-1.5", "p_+2e3"} < set(rows[0])


def test_names_of_files(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = f"a{ESCAPE}"
    (tmp_path / name).mkdir()
    assert SHOWN in said(capsys, "predict", run, tmp_path / f"{name}.npz", status=2)
    assert SHOWN in said(capsys, "predict", tmp_path / name, tmp_path / "x.npz", status=2)
    assert SHOWN in said(capsys, "show", tmp_path / name, status=2)
    assert SHOWN in said(capsys, "fit", tmp_path / name, status=2)
    assert "001b" in said(capsys, "fit", "digits", f"--{ESCAPE}", status=2)


def test_names_of_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "t.csv"
    table.write_text(
        f"a{ESCAPE},b,label\n" + "".join(f"1,{i % 5},{'xy'[i % 2]}\n" for i in range(20))
    )
    words = ("fit", table, "--epochs", 1, "--set", "width=0.05", "--out", tmp_path / "run")
    assert SHOWN in said(capsys, *words)
    table.write_text("a\x1b[2J,b,a\x1b[2J\n1,2,3\n")
    assert "a\\u001b[2J" in said(capsys, "fit", table, status=2)


def test_generated_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = sf.read(_written(tmp_path / "c.txt", f"the {ESCAPE}cat " * 60), block=100)
    sf.fit(text, settings={"hidden": 3}, training={"epochs": 1}, out=tmp_path / "run")
    out = ("predict", tmp_path / "run", "--prompt", f"the {ESCAPE}", "--tokens", 30)
    assert SHOWN in said(capsys, *out)


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_progress_on_a_terminal(tmp_path: Path) -> None:
    """A study through a pseudo-terminal: only what the bar itself does moves the cursor."""
    (tmp_path / "d\x1b[2J").mkdir()
    data = tmp_path / "d\x1b[2J" / "d.npz"
    np.savez(data, x=X, y=np.array([f"c{ESCAPE}{i % 2}" for i in range(12)]))
    ours, theirs = pty.openpty()
    command = [
        str(Path(sys.executable).with_name("steadfit")), "study", str(data), "--model", "mlp",
        "--set", "width=0.05", "--epochs", "1", "--samples", "2", "--remedy", "l2", "--processes",
        "1", "--no-reference", "--out", str(tmp_path / "run\x1b[2J"),
    ]  # fmt: skip
    started = subprocess.Popen(command, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux's end of a terminal
            break
        if not part:
            break
        shown += part
    os.close(ours)
    assert started.wait() == 0, shown
    assert b"\x1b[2J" not in shown
    assert b"\x1b]0;" not in shown
    assert b"\\u001b[2J" in shown.replace(b"\r\n", b"")  # it may be broken into two lines


def test_the_input_is_not_overwritten(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "x.npz"
    before = source.read_bytes()
    (tmp_path / "link.npz").symlink_to(source)
    for out in (source, tmp_path / "link.npz", tmp_path / "." / "x.npz"):
        words = ("predict", run, source, "--out", out)
        assert "--out must be another file than the input" in said(capsys, *words, status=2)
    assert source.read_bytes() == before
