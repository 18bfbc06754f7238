"""Predictions of new inputs as columns of a table."""

from typing import TYPE_CHECKING, Any

import numpy as np

from steadfit.errors import SteadfitError
from steadfit.kinds import Examples, Series
from steadfit.tasks import Forecast

if TYPE_CHECKING:
    from steadfit.training.trained import TrainedModel
    from steadfit.training.trained_reference import TrainedReference


def columns(
    model: "TrainedModel | TrainedReference", found: Examples, replicas: np.ndarray | None = None
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


def forecast(model: "TrainedModel", past: Any, horizon: int | None) -> dict[str, np.ndarray]:
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
    made = columns(model, schema.kind.examples_of(past, schema.form))
    kept = made["step"] <= steps
    return {name: values[kept] for name, values in made.items()}
