"""Studies on disks of their own, as a program that may mount what it wants; prints JSON.

In one process, as its imports take longer than all the studies. FOLDER is empty and not yet a
mount; run it with `unshare --user --map-root-user --mount`.
"""

import io
import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from steadfit.cli import main

FILES = ("study.json", "model/model.json", "model/weights-0.safetensors")


def mount(what: str, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", what, "none", str(folder)], check=True)


def steadfit(words: str) -> dict[str, object]:
    """A command's status, and what it said."""
    said, status = io.StringIO(), 0
    with redirect_stdout(said), redirect_stderr(said):
        try:
            main(shlex.split(words))
        except SystemExit as end:
            status = end.code
    return {"status": status, "said": said.getvalue()}


def study(run: Path) -> dict[str, object]:
    """And what there is of it then, by name."""
    found = steadfit(
        "study digits --limit 200 --model mlp --set width=0.2 --epochs 2 --samples 3 --folds 2 "
        f"--remedy dropout --repetitions 1 --no-reference --processes 2 --out {run}"
    )
    files = [*(run / "store").glob("[0-9a-f]*/*"), *(run / name for name in FILES)]
    kept = {str(f.relative_to(run)): f.read_bytes().hex() for f in files if f.is_file()}
    return {**found, "kept": kept, "left": [str(path) for path in run.rglob(".new-*")]}


def full(folder: Path) -> dict[str, object]:
    """A disk that fills up; then has room; then is read only."""
    mount("size=150k", folder)
    found = {"full": study(folder / "run")}
    mount("remount,size=50m", folder)
    found["room"] = study(folder / "run")
    mount("remount,ro", folder)
    found["again"], found["other"] = study(folder / "run"), study(folder / "other")
    found["show"] = steadfit(f"show {folder / 'run'}")
    return found


def elsewhere(folder: Path) -> dict[str, object]:
    """The store behind a link to another disk."""
    mount("size=50m", folder / "disk")
    (folder / "disk" / "store").mkdir()
    (folder / "run").mkdir()
    (folder / "run" / "store").symlink_to(folder / "disk" / "store")
    return {"elsewhere": study(folder / "run")}


def shared(folder: Path) -> dict[str, object]:
    """Too little shared memory for the data, and then even for the locks."""
    found = {}
    for size in ("64k", "4k"):
        mount(f"size={size}", Path("/dev/shm"))
        found[size] = study(folder / size)
    return found


def undisturbed(folder: Path) -> dict[str, object]:
    return {"whole": study(folder / "run")}


STEPS: list[Callable[[Path], dict[str, object]]] = [undisturbed, full, elsewhere, shared]

if __name__ == "__main__":
    found = {}
    for step in STEPS:
        place = Path(sys.argv[1]) / step.__name__
        place.mkdir()
        found |= step(place)
    print(json.dumps(found))
