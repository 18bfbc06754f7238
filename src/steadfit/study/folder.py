"""A study's folder: what is in it, and how it is read again.

`study.json`: the result. `store/`: the replicas. `points.npz`: the test side. `model/`: the model
handed over. `run.json`: what else there is to say of the run, which may differ from one run to the
next: notes on the data, versions, times. `report.html`: the page.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter, ValidationError

from steadfit.data import Dataset
from steadfit.errors import CodeNeededError, SteadfitError, some
from steadfit.files import check_file, write_text
from steadfit.machine import check_free
from steadfit.regular_files import read_json
from steadfit.study import fit_result
from steadfit.study.learner import Learner
from steadfit.study.plan import digest
from steadfit.study.points_file import load_points
from steadfit.study.result import (
    WRITE_ANEW,
    ModelFacts,
    StudyResult,
    TrainedArm,
    read_result,
)
from steadfit.study.store import Finished, Store, existing_store
from steadfit.study.tested import ArmReplicas, Tested
from steadfit.training import Replica, TrainedModel, TrainedReference


@dataclass(frozen=True)
class About:
    """What `run.json` holds. notes: on the data. facts: versions, machine, time, by their names."""

    notes: tuple[str, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Run:
    """A finished study with all that it is shown from. `network` reads weights when it is called.

    tested: the test points, and who predicts which. replicas: by arm. model: what is handed over,
    None where its training failed, or where its code is not known; members: its replicas. network:
    of one arm, its first replica, whole.
    """

    result: StudyResult
    tested: Tested
    replicas: Mapping[str, ArmReplicas]
    model: TrainedModel | TrainedReference | None = None
    members: Sequence[Finished] = ()
    network: Callable[[str], Replica | None] = lambda arm: None
    about: About = About()

    @property
    def seconds(self) -> dict[str, float]:
        """The mean time of a training, by arm."""
        of = {name: [one.seconds for one in own.compared] for name, own in self.replicas.items()}
        return {name: sum(each) / len(each) for name, each in of.items() if each}

    def sampled(self, arm: str) -> np.ndarray | None:
        """The predictions of an arm's replicas on drawn samples, shape (replicas, points, outputs),
        at the test points of these, of quantiles the median; None where there are fewer than two.
        """
        found = [one.logits for one in self.replicas[arm].on_samples]
        return self._central(np.stack(found)) if len(found) > 1 else None

    def repetitions(self, arm: str) -> list[np.ndarray]:
        """The predictions of an arm's whole repetitions at all test points, shape (points, outputs)
        each; of quantiles the median."""
        return [self._central(one) for one in self.replicas[arm].repetitions(self.tested)]

    def _central(self, outputs: np.ndarray) -> np.ndarray:
        return self.tested.data.schema.task.central(outputs)


def open_run(folder: Path) -> Run:
    """A finished study from its folder, without the data it was run on and without training.

    Raises SteadfitError where a file is absent, damaged, or of another study.
    """
    result = read_result(folder)
    store = existing_store(folder / "store")
    keys = {key for arm in result.arms for key in arm.keys}
    absent = keys if store is None else {key for key in keys if key not in store}
    if store is None or absent:
        raise SteadfitError(
            f"{folder / 'store'} lacks {len(absent)} of the study's {len(keys)} replicas. Run the "
            "study again: those that are there are not trained again."
        )
    tested = load_points(folder / "points.npz", result.data.fingerprint)
    handed = result.model or ModelFacts(result.analysis.best, ())
    values = len(tested.data) * tested.data.outputs
    check_free(f"{folder / 'store'}", 4 * values * sum(len(arm.keys) for arm in result.arms))
    return Run(
        result=result,
        tested=tested,
        replicas={arm.name: _replicas(arm, store, tested) for arm in result.arms},
        model=_model(folder / "model") if handed.members or handed.reference else None,
        members=[store.read(key) for key in handed.members if key in store],
        network=network_of(result, store),
        about=read_about(folder),
    )


def _model(folder: Path) -> TrainedModel | TrainedReference | None:
    """The model handed over; None for a network of a person's own."""
    try:
        return TrainedModel.load(folder)
    except CodeNeededError:
        return None


def check_place(folder: Path) -> None:
    """Raise SteadfitError now, not after the training, where results cannot be written, or would
    take the place of a report that is not ours."""
    for name in ("study.json", "run.json", "points.npz", "report.html", fit_result.NAME):
        check_file(folder / name)
    check_page(folder)


def check_page(folder: Path) -> None:
    """Raise SteadfitError where a run's page would take the place of a file that is no run's."""
    report = folder / "report.html"
    ours = any((folder / name).exists() for name in ("study.json", fit_result.NAME))
    if report.exists() and not ours:
        raise SteadfitError(
            f"{report} would be replaced, and nothing beside it says that steadfit wrote it. "
            "Move it away, or choose another folder."
        )


def check_no_study(folder: Path) -> None:
    """Raise SteadfitError where a fit would replace the model of a study."""
    if os.path.lexists(folder / "study.json"):
        raise SteadfitError(
            f"{folder} must be a new folder or that of a fit, got a study, whose model would be "
            "replaced. Choose another folder."
        )


def other_study(folder: Path, data: Dataset, baseline: Learner) -> str:
    """How what is in a folder differs from a study of these data and baseline; "" if it does not.

    Other remedies, folds, samples and seeds make no other study: it goes on with them.
    """
    if not os.path.lexists(folder / "study.json"):
        return "a fit" if os.path.lexists(folder / fit_result.NAME) else ""
    try:
        found = read_result(folder)
    except SteadfitError as error:
        reason = str(error).removesuffix(WRITE_ANEW).rstrip(". ")
        return f"a study that cannot be compared with this one ({reason})"
    if found.data.digest != digest(data):
        return f"a study of other data ({found.data.name})"
    if not found.arms or found.arms[0].settings != dict(baseline.settings):
        return "a study of another baseline"
    return ""


def changed_code(folder: Path, sources: Mapping[str, str]) -> tuple[str, ...]:
    """A sentence where arms run other code than those of the same name in the study that is there.

    sources: the digests of a person's code, by arm; "" where it runs none.
    """
    try:
        before = {arm.name: arm.source for arm in read_result(folder).arms}
    except SteadfitError:  # there is none, or it is replaced
        return ()
    names = [name for name, source in sources.items() if before.get(name, source) != source]
    if not names:
        return ()
    return (
        f"The code of {some(names)} has changed since this folder's last study: it is trained "
        "again. What was trained before is kept.",
    )


def network_of(result: StudyResult, store: Store) -> Callable[[str], Replica | None]:
    """Of an arm by name its first replica with its weights; None where it failed."""
    return partial(_first_replica, result, store)


def _first_replica(result: StudyResult, store: Store, arm: str) -> Replica | None:
    replica = store.replica(result.arm(arm).keys[0])
    return None if replica.failure else replica


def write_about(folder: Path, about: About) -> None:
    """Write `run.json`."""
    write_text(folder / "run.json", _ABOUT.dump_json(about, indent=2).decode() + "\n")


def read_about(folder: Path) -> About:
    """Read `run.json`; an absent one says nothing. Raises SteadfitError for a damaged one."""
    path = folder / "run.json"
    try:
        return _ABOUT.validate_json(read_json(path))
    except FileNotFoundError:
        return About()
    except (OSError, ValidationError) as error:
        reason = str(error).splitlines()[0]
        raise SteadfitError(f"{path} cannot be read ({reason}). Delete it.") from None


def _replicas(arm: TrainedArm, store: Store, tested: Tested) -> ArmReplicas:
    of_folds, drawn = (
        tuple(tuple(_finished(store, key, tested.data) for key in keys) for keys in rows)
        for rows in (arm.tested, arm.drawn)
    )
    return ArmReplicas(of_folds, drawn)


def _finished(store: Store, key: str, data: Dataset) -> Finished:
    """A replica. Raises SteadfitError where it predicts more than the test points of these data."""
    found = store.read(key)
    shape = found.logits.shape
    if not found.failure and (len(shape) != 2 or shape[0] > len(data) or shape[1] != data.outputs):
        raise store.damaged(key, f"its predictions have shape {shape}")
    return found


_ABOUT = TypeAdapter(About)
