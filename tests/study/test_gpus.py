"""Trainings that share GPUs, with stand-ins for the GPUs."""

import warnings
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from steadfit.data import read
from steadfit.errors import SteadfitError
from steadfit.recipe import Recipe
from steadfit.study.design import Design
from steadfit.study.dispatch import train
from steadfit.study.engines import LocalEngine, gpus, local
from steadfit.study.engines.gpus import Gpus, GpuUse, gpu_use, visible_gpus
from steadfit.study.plan import make_plan
from steadfit.study.store import open_store
from steadfit.study.trials import make_arms, repetition_trials
from steadfit.training import RecipeLearner
from study.on_gpus import OnGpu

RECIPE = Recipe().model_with(name="mlp", width=0.1).training_with(epochs=1, batch=32)
GB = 10**9


@pytest.mark.parametrize(
    ("settings", "cores", "expected", "slots"),
    [
        ({}, 8, {"a": 3, "b": 3}, 6),  # 0.9 of 4 GB holds two more of 1 GB and a context
        ({}, 4, {"a": 2, "b": 2}, 4),  # as many as there are cores for
        ({"processes": 3}, 8, {"a": 2, "b": 1}, 3),
        ({"per_gpu": 1}, 8, {"a": 1, "b": 1}, 2),  # asked for
    ],
)
def test_as_many_share_a_gpu_as_the_first_training_leaves_room_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings, cores, expected, slots
) -> None:
    monkeypatch.setattr(local, "visible_gpus", lambda: Gpus(("a", "b")))
    monkeypatch.setattr(local, "usable_cores", lambda: cores)
    data = read("digits", limit=60)
    learner = OnGpu(RECIPE, taken=GB, free=4 * GB, log=tmp_path / "log")
    first, *_ = repetition_trials(
        make_plan(data, Design(folds=2)), make_arms(RecipeLearner(RECIPE), [])[0], 0
    )
    trials = [replace(first, learner=learner, seed=seed) for seed in range(14)]
    store = open_store(tmp_path / "store")
    with LocalEngine(**settings).opened(data) as session:
        assert session.slots == (2 if "processes" not in settings else min(2, slots))
        train(session, trials, store)
        assert session.slots == slots
        notes = session.notes
    workers = defaultdict(set)
    for line in (tmp_path / "log").read_text().splitlines():
        gpu, process = line.split()
        workers[gpu].add(process)
    assert {gpu: len(of_one) for gpu, of_one in workers.items()} == expected
    if "per_gpu" in settings:
        assert notes == ()
    else:
        assert "the first took 1.0 GB of its memory and 4.0 GB were free" in notes[0]


def test_what_a_gpu_holds_is_asked_of_torch_where_it_was_used(monkeypatch) -> None:
    assert gpu_use() is None  # and no process begins to use one for the question
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (7, 10))
    monkeypatch.setattr(torch.cuda, "max_memory_reserved", lambda: 2)
    assert gpu_use() == GpuUse(taken=2, free=7)


@pytest.mark.parametrize(
    ("named", "expected"),
    [(None, ("0", "1")), ("3, GPU-5f", ("3", "GPU-5f")), ("7", ("0", "1"))],
)
def test_gpus_are_called_as_the_variable_calls_them(monkeypatch, named, expected) -> None:
    monkeypatch.delenv(gpus.VISIBLE, raising=False)
    if named is not None:
        monkeypatch.setenv(gpus.VISIBLE, named)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert visible_gpus() == Gpus(expected)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert visible_gpus() == Gpus(())


OLD_DRIVER = (
    "CUDA initialization: The NVIDIA driver on your system is too old (found version 11040). "
    "Please update your GPU driver. (Triggered internally at c10/cuda/CUDAFunctions.cpp:109.)"
)


def too_old() -> bool:
    """As torch answers, by its own words."""
    warnings.warn(OLD_DRIVER, stacklevel=2)
    return False


def test_a_gpu_that_is_asked_for_and_not_there_is_a_sentence(monkeypatch) -> None:
    data = read("digits", limit=20)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    none = pytest.raises(SteadfitError, match=r"left out where torch sees no GPU, got 4")
    with none, LocalEngine(per_gpu=4).opened(data):
        pass
    monkeypatch.setattr(torch.cuda, "is_available", too_old)
    old = pytest.raises(SteadfitError, match=r"no GPU \(.*driver on your system is too old .*got 4")
    with old, LocalEngine(per_gpu=4).opened(data):
        pass


def test_a_driver_too_old_for_torch_is_said(monkeypatch) -> None:
    """And the study goes on without the GPU."""
    monkeypatch.setattr(torch.cuda, "is_available", too_old)
    with LocalEngine(processes=1).opened(read("digits", limit=20)) as session:
        (note,) = session.notes
    assert "torch cannot use the GPU: CUDA initialization: The NVIDIA driver" in note
    assert note.endswith("Please update your GPU driver.")
