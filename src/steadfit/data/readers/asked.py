"""What is asked of a table, by the names that `read` has for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from steadfit.data.targets import TaskName
from steadfit.errors import SteadfitError, some, unknown
from steadfit.formats.clock_changes import check_zone
from steadfit.formats.columns import Columns
from steadfit.formats.new_columns import same_letters
from steadfit.kinds import Unit

KINDS = ("table", "series")
OF_FORECASTS = ("window", "season", "quantiles", "known", "static", "calendar", "fill", "log",
                "zone")  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """The options of `read`; None or empty: not named. marks: columns of 0 and 1, where these were
    the targets, and one column is in their place."""

    targets: list[str]
    text: list[str]
    series: str | None
    time: str | None
    values: list[str]
    group: str | None
    horizon: int | None
    window: int | None
    season: tuple[int, ...]
    quantiles: tuple[float, ...]
    known: list[str]
    static: list[str]
    calendar: list[str]
    fill: str | None
    log: bool | None
    zone: str | None
    missing: str | None
    kind: str | None
    task: TaskName | None
    several: str | None
    unit: Unit | None
    strip: list[str]
    longest: int | None
    vectors: str | Path | None
    marks: Sequence[str] = ()


def check_form(asked: Asked) -> None:
    """No option may be given that the table's form has no use for."""
    series, horizon = asked.series, asked.horizon
    if asked.kind is not None and asked.kind not in KINDS:
        raise unknown("kind of row", asked.kind, KINDS)
    if asked.kind is not None and (series or asked.text or horizon is not None):
        raise SteadfitError(
            f'kind="{asked.kind}" is for a row of numbers, got text, series or horizon beside it, '
            "which say what a row is. Leave one of them out."
        )
    if asked.text and (series is not None or horizon is not None):
        other = "series" if series is not None else "horizon"
        raise SteadfitError(
            f'With text, here "{asked.text[0]}", a row is an example, and with {other} it is a '
            "step. Leave one of them out."
        )
    given = [name for name in OF_FORECASTS if getattr(asked, name) not in (None, (), [])]
    if horizon is None and given:
        raise SteadfitError(
            f"{' and '.join(given)} apply to forecasts only. Give horizon too, or leave them out."
        )
    if asked.zone is not None:
        check_zone(asked.zone)
    if asked.several is not None and (horizon is not None or len(asked.targets) > 1):
        raise SteadfitError(
            f'several, here "{asked.several}", stands between the labels in one column, got '
            f"{'several columns' if horizon is None else 'a forecast'}. Leave it out."
        )
    if asked.task == "several" and asked.several is None and len(asked.targets) < 2:
        raise SteadfitError(
            'task="several" must have the mark between the labels, got none. Give several=";", or '
            "several columns of 0 and 1 as the target.",
            several=";",
        )
    if horizon is None and series is None and asked.time is not None:
        raise SteadfitError(
            f'time, here "{asked.time}", orders rows that are steps of a series. Give series, the '
            "column that names the series of each row, or horizon for a forecast; or leave time "
            "out."
        )
    if asked.fill is not None and asked.missing is not None:
        raise SteadfitError(
            f'fill="{asked.fill}" and missing="{asked.missing}" both say what becomes of gaps. '
            "Leave out one of them.",
            fill=asked.fill,
            missing=asked.missing,
        )
    if horizon is not None and asked.group is not None:
        raise SteadfitError(
            "group does not apply to a forecast, which is split by time. Leave it out."
        )


def targets_of(table: Columns, asked: Asked, label: str) -> np.ndarray:
    """The label or number of each row, or its labels in one text."""
    return table.labels(label) if asked.several is None else table.label_lists(label)


def listed(names: str | Sequence[str] | None, known: Sequence[str] = ()) -> list[str]:
    """Several names as a list, or with commas between them, which a known one may have itself."""
    if isinstance(names, str):
        names = same_letters(names)
        return [names] if names in known else [name.strip() for name in names.split(",")]
    found: list[Any] = [names] if isinstance(names, int) else list(names or ())
    wrong = [each for each in found if not isinstance(each, str)]
    if wrong:
        raise SteadfitError(
            f"Columns must be given by their names, got {wrong[0]}. Columns: {some(known)}."
        )
    return list(map(same_letters, found))


def joined(names: str | Sequence[str] | None) -> str | None:
    """Several names of columns that make one, with commas between them; None of None."""
    return names if names is None or isinstance(names, str) else ",".join(listed(names))


def numbers(given: str | Sequence[float] | None) -> tuple[float, ...]:
    """Several numbers as a list, or with commas between them; none of None."""
    if not isinstance(given, str):
        return tuple(given or ())
    try:
        return tuple(float(each) for each in given.split(","))
    except ValueError:
        raise SteadfitError(
            f'quantiles must be numbers with commas between them, got "{given[:60]}". Give '
            "0.1,0.5,0.9."
        ) from None


def seasons(given: int | str | Sequence[int] | None) -> tuple[int, ...]:
    """Several whole numbers as a list, or with commas between them; none of None."""
    if given is None:
        return ()
    each = given.split(",") if isinstance(given, str) else np.atleast_1d(given).tolist()
    try:
        found = tuple(map(int, map(str, each)))  # 24.5 is none
    except (TypeError, ValueError):
        found = ()
    if not found or min(found) < 1:
        raise SteadfitError(
            "season must be a number of steps, or several with commas between them, got "
            f'"{str(given)[:60]}". Give 24, or 24,168.'
        )
    return found
