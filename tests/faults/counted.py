"""Small studies as processes that can be killed; each training is written down. There is no report.

The processes are forked from the tests' server, which has imported all that they need.
"""

import os
import sys
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path
from unittest import mock

import torch

from steadfit import owner, workers
from steadfit.data import read
from steadfit.recipe import Recipe
from steadfit.study import engine
from steadfit.study.design import Design
from steadfit.study.engines import LocalEngine, SerialEngine, local, serial
from steadfit.study.run import run_study
from steadfit.study.trials import Trial
from steadfit.training import RecipeLearner, Replica

LOG = "STEADFIT_TRAININGS"  # a file's name; each training adds a line to it: the replica's key


def noted(trial: Trial, *arguments: object) -> Replica:
    with open(os.environ[LOG], "ab", buffering=0) as log:
        log.write(trial.key.encode() + b"\n")
    return engine.trained(trial, *arguments)


if LOG in os.environ:  # in the server of workers that a study has started
    local.trained = noted


def start(folder: Path, processes: int, remedy: str, machine: str = "") -> BaseProcess:
    """Begin a study in this folder, or go on with it, in a session of its own.

    processes: workers, forked from a server of its own; with 0 it trains in its own process.
    machine: that it takes itself to run on, 12 hexadecimal digits; this one by default.
    """
    process = workers.context().Process(target=_study, args=(folder, processes, remedy, machine))
    with workers.undisturbed_start():
        process.start()
    while process.is_alive() and os.getpgid(process.pid) != process.pid:
        pass
    return process


def log_of(folder: Path) -> Path:
    """Where its trainings are written down."""
    return folder.with_suffix(".log")


def said_by(folder: Path) -> Path:
    """Where its errors go."""
    return folder.with_suffix(".stderr")


def _study(folder: Path, processes: int, remedy: str, machine: str) -> None:
    if machine:
        owner._place = lambda: machine
    os.setsid()
    os.dup2(os.open(said_by(folder), os.O_WRONLY | os.O_CREAT | os.O_APPEND), sys.stderr.fileno())
    os.environ[LOG] = str(log_of(folder))
    torch.set_num_threads(1)
    with mock.patch.object(serial, "trained", noted):
        run_study(
            read("digits", limit=120),
            RecipeLearner(Recipe().model_with(name="mlp", width=0.2).training_with(epochs=10)),
            [remedy],
            folder,
            Design(folds=3, repetitions=1, samples=3, references=False),
            engine=_with_server(processes) if processes else SerialEngine(),
        )


def _with_server(processes: int) -> LocalEngine:
    """Forget the tests' server, so that workers come from a new one, which imports this file."""
    server = forkserver._forkserver
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)  # as it finds its modules by this alone
    server._forkserver_address = server._forkserver_alive_fd = server._forkserver_pid = None
    workers._NEEDED = __name__
    return LocalEngine(processes)
