"""Files beside the data that are named like modules are never imported."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from steadfit import workers

PLANTED = (
    "selectors", "json", "random", "signal", "socket", "struct", "tempfile", "typing", "numpy",
    "torch",
)  # fmt: skip
MARK = "from pathlib import Path\nPath(__file__).with_suffix('.ran').touch()\nraise SystemExit(1)\n"
SMALL = (
    "--model", "mlp", "--set", "width=0.05", "--epochs", "1", "--samples", "2", "--remedy", "none",
    "--folds", "2", "--no-reference", "--processes", "1",
)  # fmt: skip
SCRIPT = """
import sys
import steadfit as sf

sf.study(
    sys.argv[1], "mlp", "none", samples=2, folds=2, settings={"width": 0.05},
    training={"epochs": 1}, reference=False, processes=1,
)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Data, and beside it files that say when they are executed."""
    import numpy as np

    inside = tmp_path / "from others"
    inside.mkdir()
    images = np.random.default_rng(0).integers(0, 255, (12, 4, 4), dtype=np.uint8)
    np.savez(inside / "d.npz", x=images, y=np.arange(12) % 2)
    for name in PLANTED:
        (inside / f"{name}.py").write_text(MARK)
    return inside


def check(command: list[str], folder: Path) -> None:
    """Run there, it ends well and nothing that lies there has run."""
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    ran = sorted(path.stem for path in folder.glob("*.ran"))
    assert not ran, f"executed: {ran}"
    assert done.returncode == 0, done.stderr
    assert (folder / "runs" / "d" / "study.json").is_file()


def test_a_study_from_the_command_line(folder: Path) -> None:
    check([str(Path(sys.executable).with_name("steadfit")), "study", "d.npz", *SMALL], folder)


def test_a_study_from_a_script_elsewhere(folder: Path) -> None:
    script = folder.parent / "script.py"
    script.write_text(SCRIPT)
    check([sys.executable, str(script), "d.npz"], folder)


def test_the_planted_files_would_say_so(folder: Path) -> None:
    """The oracle itself: Python as it usually starts with -c executes them."""
    subprocess.run([sys.executable, "-c", "import json"], cwd=folder, check=False)
    assert (folder / "json.ran").exists()


@pytest.mark.parametrize("before", [None, "", "yes"])
def test_the_environment_is_as_before(monkeypatch: pytest.MonkeyPatch, before: str | None) -> None:
    if before is None:
        monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    else:
        monkeypatch.setenv("PYTHONSAFEPATH", before)
    with workers.undisturbed_start():
        assert os.environ["PYTHONSAFEPATH"]
    assert os.environ.get("PYTHONSAFEPATH") == before
