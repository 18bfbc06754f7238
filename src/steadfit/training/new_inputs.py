"""Predictions of new inputs as columns of a table."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from steadfit.errors import SteadfitError
from steadfit.formats.frames import is_frame
from steadfit.kinds import Examples, Series
from steadfit.tasks import Forecast


class Predictor(Protocol):
    """What is asked of a trained model or reference."""

    @property
    def facts(self) -> Any: ...

    def logits(self, x: Any) -> np.ndarray: ...

    def intervals(self, x: Any) -> Mapping[int, tuple[np.ndarray, np.ndarray]]: ...


def columns(
    model: Predictor, found: Examples, replicas: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Predictions by column (`Task.columns`), with a forecast's times and intervals.

    replicas: the predictions of a study's replicas, shape (replicas, examples, outputs).
    """
    task = model.facts.schema.task
    made = task.columns(found.ids, model.logits(found.x), replicas)
    made |= task.interval_columns(model.intervals(found.x))
    if not found.clocks:
        return made
    times = np.concatenate([clock.after(task.steps_ahead) for clock in found.clocks])
    return {"input": made.pop("input"), "time": times, **made}


def forecast(
    model: Predictor, past: Any, horizon: int | None, fill: str | None = None
) -> dict[str, np.ndarray]:
    """The columns of the next steps of each series; see `TrainedModel.forecast`."""
    schema = model.facts.schema
    task = schema.task
    if not isinstance(task, Forecast):
        raise SteadfitError(f"forecast is for models of forecasts, got one of {task.learned}.")
    steps = task.horizon if horizon is None else horizon
    if not 1 <= steps <= task.horizon:
        raise SteadfitError(
            f"horizon must be from 1 to the {task.horizon} steps that the model forecasts, got "
            f"{steps}. Train with a longer horizon."
        )
    assert isinstance(schema.kind, Series)
    is_table = isinstance(past, str | Path) or is_frame(past)
    if task.known and not is_table:
        raise SteadfitError(
            "forecast must be given a table where columns are known beforehand, got "
            f"{type(past).__name__}. Give a path or a frame, with rows for the steps to forecast."
        )
    if fill is not None and not is_table:
        raise SteadfitError("fill is for tables, got arrays. Leave it out.")
    made = columns(model, schema.kind.examples_of(past, schema.filling(fill)))
    kept = made["step"] <= steps
    return {name: values[kept] for name, values in made.items()}
