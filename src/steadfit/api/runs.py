"""Before and after a run: its folder, what is told on the way, what `run.json` and the page say."""

import dataclasses
import platform
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from steadfit.api.results import Study
from steadfit.data import Dataset
from steadfit.errors import SteadfitError, counted
from steadfit.files import check_outside, write_text
from steadfit.machine import usable_cores
from steadfit.report import page
from steadfit.report.explain_design import before_training
from steadfit.report.voice import Voice
from steadfit.study import fit_result
from steadfit.study.engine import Engine
from steadfit.study.folder import About, Run, check_place, other_study, write_about
from steadfit.study.learner import Learner
from steadfit.study.rounds import Expectation


def usual_folder(name: str) -> Path:
    """In runs/: a file named "...csv" has the name "..", which leads out of it."""
    return Path("runs") / (name if name.strip(". ") else "data")


def folder_for(
    out: Path | str | None,
    name: str,
    data: Any,
    dataset: Dataset,
    baseline: Learner,
    replace: bool,
    voice: Voice,
) -> Path:
    """The folder of a study of these data and baseline; out: as asked for, name: by default.

    data: as it was given, which may be a path. Raises SteadfitError where the folder cannot be
    written, or holds something else that is not to be replaced.
    """
    folder = Path(out) if out is not None else usual_folder(name)
    if isinstance(data, str | Path):
        check_outside(folder, Path(data))
    check_place(folder)
    other = "" if replace else other_study(folder, dataset, baseline)
    if other:
        raise SteadfitError(
            f"{folder} must be a new folder or that of this study, got {other}. Choose another "
            f"folder with {voice.setting('out')}, or replace it with "
            f"{voice.setting('replace', True)}."
        )
    return folder


def teller(tell: Callable[[str], None] | None) -> Callable[[Expectation], None]:
    """Tells in sentences what is known before the first training."""

    def told(expected: Expectation) -> None:
        if tell is not None:
            for sentence in before_training(expected):
                tell(sentence)

    return told


def finished(
    run: Run,
    folder: Path,
    began: float,
    engine: Engine,
    voice: Voice,
    notes: Sequence[str] = (),
) -> Study:
    """The study, with its `run.json` and its page written. began: its time, in seconds. notes:
    beside those of the run."""
    facts = run_facts(time.time() - began, type(engine).__name__)
    run = dataclasses.replace(run, about=About((*run.about.notes, *notes), facts))
    write_about(folder, run.about)
    write_text(folder / "report.html", page(run, voice))
    (folder / fit_result.NAME).unlink(missing_ok=True)  # of the fit that this study replaces
    return Study(run.result, folder, run)


def run_facts(seconds: float, engine: str = "") -> dict[str, str]:
    """What is said of a run beside its figures: versions, machine, time. engine: "" of a fit."""
    return {
        "steadfit": version("steadfit"),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {counted(usable_cores(), 'cores')}",
        **({"engine": engine} if engine else {}),
        "this run took": f"{seconds:.0f} s",
    }
