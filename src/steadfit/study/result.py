"""What a study leaves, as plain frozen values: the content of `study.json`.

Numbers and enums only; `steadfit.report.explain` makes sentences of them. Nothing here depends on
when, how fast or in how many processes the replicas were trained, so that the same study gives the
same bytes.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import TypeAdapter, ValidationError

from steadfit.analysis.result import Analysis
from steadfit.errors import SteadfitError, unknown
from steadfit.files import reading
from steadfit.regular_files import read_json

SCHEMA = 3  # of study.json: raise it when a field changes its meaning or goes
HandOver = Literal["single", "ensemble", "reference", "none"]
Scalar = bool | int | float | str
T = TypeVar("T")
MOST_ARMS = 200
WRITE_ANEW = "Run the study again with replace=True to write it anew."


@dataclass(frozen=True)
class RemedyFacts:
    """A remedy's name and strength; None for one that has none."""

    name: str
    strength: Scalar | None


@dataclass(frozen=True)
class TrainedArm:
    """What was trained of an arm. Its figures are in the analysis, under the same name.

    settings: every setting of its learner; of a network, the recipe.
    parameters: numbers that training changes, the mean over replicas, whose samples of texts have
        vocabularies of their own; 0 where every replica failed.
    tested: keys in the store of the replicas that arms are compared by, of each repetition one a
        fold. drawn: of those on drawn samples, by sample and then by seed.
    source: the digest of a person's code that the arm runs; "" where it runs none.
    """

    name: str
    remedies: tuple[RemedyFacts, ...]
    settings: dict[str, Any]
    parameters: int
    tested: tuple[tuple[str, ...], ...]
    drawn: tuple[tuple[str, ...], ...] = ()
    source: str = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """Of all its replicas."""
        return tuple(key for of_one in (*self.tested, *self.drawn) for key in of_one)


@dataclass(frozen=True)
class DataFacts:
    """What the study was run on. examples: how many; test: how many test points.

    horizon: the steps that are forecast; 0 where none are. kind: what an example is, by its name in
    `steadfit.kinds`; "" of older releases, which had no tables. fingerprint: of the test points, in
    `points.npz`. digest: of all examples, with the groups and times by which they are divided.
    labels: their names, where an example has several.
    """

    name: str
    shape: tuple[int, ...]
    examples: int
    test: int
    task: str
    classes: tuple[str, ...]
    fingerprint: str
    digest: str
    horizon: int = 0
    kind: str = ""
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelFacts:
    """The model handed over: of which arm, and its members' keys in the store.

    Without members where the arm's final training failed: there is no model then. reference: the
    rival that is handed over in the arm's place; "" where the arm is.
    """

    arm: str
    members: tuple[str, ...]
    reference: str = ""


@dataclass(frozen=True)
class Racer:
    """What a candidate of a race lost, the mean of the deciding measure over so many folds; None
    where a training failed."""

    name: str
    folds: int
    loss: float | None


@dataclass(frozen=True)
class RaceFacts:
    """A race for the best remedy. trainings: in it. racers: the baseline among them; those that got
    furthest first."""

    winner: str
    trainings: int
    racers: tuple[Racer, ...]


@dataclass(frozen=True)
class StudyResult:
    """A whole study. seed: the random seed. references: the reference models.

    not_joined: remedies found better, and left out of the second round since they set what another
        one of it sets.
    model: what is handed over; None where that was not asked for.
    repeats: whether the first trainings, done twice, gave the same; None where that was not tried.
    not_repeated: the arms of which they did not.
    race: how the only remedy was found; None where remedies were asked for themselves.
    """

    schema: int
    seed: int
    data: DataFacts
    arms: tuple[TrainedArm, ...]
    analysis: Analysis
    model: ModelFacts | None
    not_joined: tuple[str, ...] = ()
    references: tuple[TrainedArm, ...] = ()
    race: RaceFacts | None = None
    repeats: bool | None = None
    not_repeated: tuple[str, ...] = ()

    def arm(self, name: str) -> TrainedArm:
        """The arm of this name. Raises SteadfitError, with the nearest name, if there is none."""
        for arm in self.arms:
            if arm.name == name:
                return arm
        raise unknown("arm", name, [arm.name for arm in self.arms])

    def to_json(self) -> str:
        """The content of `study.json`, indented; equal results give equal text."""
        return _ADAPTER.dump_json(self, indent=2).decode() + "\n"

    @classmethod
    def read(cls, path: Path) -> "StudyResult":
        """Read a `study.json`. Raises SteadfitError if it cannot be read, or is not one."""
        what = "a study's result"
        found = read_checked(path, _ADAPTER, what, SCHEMA, WRITE_ANEW, replace=True)
        _check_replicas(path, found)
        return found


def _check_replicas(path: Path, found: StudyResult) -> None:
    """Refuse a replica that is named twice: a million names of one would take memory a million
    times."""
    named = {"the model": found.model.members if found.model else ()}
    for arm in found.arms:
        for where, rows in (("folds", arm.tested), ("samples", arm.drawn)):
            named[f"{arm.name} on its {where}"] = tuple(key for row in rows for key in row)
    for what, keys in named.items():
        if len(set(keys)) < len(keys):
            raise SteadfitError(
                f"{path} must name each replica of {what} once. {WRITE_ANEW}", replace=True
            )


@contextmanager
def agreeing(folder: Path) -> Iterator[None]:
    """Around what is made of a run's files alone, which may have been changed or exchanged.

    Each of them can be read, and still they may contradict each other: a figure is missing, a name
    is that of no arm. What that raises becomes a SteadfitError.
    """
    try:
        yield
    except SteadfitError:
        raise
    except (
        ArithmeticError,
        AssertionError,
        AttributeError,
        LookupError,
        RuntimeError,
        TypeError,
        ValueError,
    ) as e:
        reason = f"{type(e).__name__}: {e}".splitlines()[0]
        raise SteadfitError(
            f"The files of {folder} do not belong together ({reason}). Fit again, or run the study "
            "again with replace=True to write it anew. If that does not help, it is a mistake in "
            "steadfit: please report it.",
            replace=True,
        ) from e


def read_result(folder: Path) -> StudyResult:
    """The result of the study in a folder. Raises SteadfitError where there is none."""
    path = folder / "study.json"
    with reading(path):
        found = path.is_file()
    if not found and (folder / "store").is_dir():
        raise SteadfitError(
            f"The study in {folder} is not finished. The command that began it goes on with it, "
            "and trains nothing again."
        )
    if not found:
        raise SteadfitError(
            f"There is no study in {folder}: {path} is missing. Name the folder of a finished "
            "study."
        )
    return StudyResult.read(path)


def read_checked(
    path: Path, adapter: TypeAdapter[T], what: str, schema: int, again: str, **settings: bool
) -> T:
    """A result from its file. Raises SteadfitError if it cannot be read, or is none.

    what: it is called, and again: how it is written anew, with the settings that this names.
    """
    try:
        content = read_json(path)
        _check_schema(path, content, schema)
        return adapter.validate_json(content)
    except OSError as error:
        raise SteadfitError(f"{path} cannot be read: {error.strerror}.") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise SteadfitError(
            f"{path} is not {what}: {place}: {first['msg'].lower()}. {again}", **settings
        ) from None


def _check_schema(path: Path, content: bytes, schema: int) -> None:
    """Refuse a result of another release, or a vast one, before its fields are looked at."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return  # what it is instead is said by the validation
    if not isinstance(found, dict) or not {"schema", "arms"} & set(found):
        return
    if len(arms := _list(found.get("arms"))) > MOST_ARMS:  # a row of tables and figures each
        raise SteadfitError(
            f"{path} must have at most {MOST_ARMS:,} arms, got {len(arms):,}. {WRITE_ANEW}",
            replace=True,
        )
    if (other := found.get("schema", 1)) != schema:
        raise SteadfitError(
            f"{path} must have schema {schema}, got {other!r}. Read it with the release of "
            "steadfit that wrote it, or run it again in another folder."
        )


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


_ADAPTER = TypeAdapter(StudyResult)
