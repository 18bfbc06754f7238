"""The measure that decides a study: the one that was asked for, or the loss that is learned by."""

from collections.abc import Sequence

from steadfit.analysis.measures import measure
from steadfit.data import Dataset
from steadfit.errors import SteadfitError
from steadfit.study.design import Design
from steadfit.study.learner import Learner


def deciding_measure(design: Design, learner: Learner, data: Dataset) -> str:
    """The measure that decides. Raises SteadfitError for one of another task."""
    task = data.schema.task
    if design.decide_by in (None, "loss"):
        return str(learner.decides(task))
    assert design.decide_by is not None
    found = measure(design.decide_by, task.measures, design.own_measures).name
    if found not in (*task.judged_by, *(one.name for one in design.own_measures)):
        raise SteadfitError(
            f"decide_by must be {', '.join(task.judged_by)} where no quantiles are forecast, got "
            f"{found}. Read the data with quantiles, as 0.1,0.5,0.9."
        )
    return found


def measure_of_labels(
    design: Design, decides: str, arms: Sequence[str], told: Sequence[str]
) -> str:
    """The measure that decides where some arms give no probabilities. Raises SteadfitError where
    one that needs them was asked for. told: those that do not."""
    if design.decide_by in (None, "loss"):
        return told[0]
    if decides not in (*told, *(one.name for one in design.own_measures)):
        raise SteadfitError(
            f"decide_by must be {', '.join(told[:-1])} or {told[-1]}, as "
            f"{', '.join(arms)} names answers without probabilities, got {decides}. Give "
            f"probabilities (predict_proba), or decide by the {told[0]}."
        )
    return decides
