"""What `study.json` and `fit.json` say of the data."""

from steadfit.data import Dataset
from steadfit.study.plan import digest
from steadfit.study.result import DataFacts


def data_facts(data: Dataset, tested: Dataset) -> DataFacts:
    """data: all examples. tested: the test points."""
    return DataFacts(
        name=data.name,
        shape=data.example_shape,
        examples=len(data),
        test=len(tested),
        task=data.schema.task.learned,
        classes=data.classes,
        fingerprint=tested.fingerprint,
        digest=digest(data),
        horizon=data.schema.task.steps_ahead,
        kind=data.schema.kind.name,
        labels=() if data.classes else tuple(data.schema.task.counts(data.y)),
    )
