"""What `study.json` and `fit.json` say of the data."""

from steadfit.data import Dataset, Split
from steadfit.study.result import DataFacts
from steadfit.study.trials import digest


def data_facts(split: Split, tested: Dataset) -> DataFacts:
    """tested: the test side's points."""
    train = split.train
    return DataFacts(
        name=train.name,
        shape=train.example_shape,
        train=len(train),
        test=len(tested),
        task=train.schema.task.learned,
        classes=train.classes,
        train_fingerprint=train.fingerprint,
        test_fingerprint=split.test.fingerprint,
        digest=digest(split),
        horizon=train.schema.task.steps_ahead,
    )
