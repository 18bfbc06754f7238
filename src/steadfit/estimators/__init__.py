"""Networks as scikit-learn's estimators: `fit` trains one, or runs a study.

`SteadfitClassifier` and `SteadfitRegressor` take tables, `SequenceClassifier` and `Forecaster`
series, and `ImageClassifier` images.
"""

from steadfit.estimators.examples import ImageClassifier, SequenceClassifier
from steadfit.estimators.forecasts import Forecaster
from steadfit.estimators.tables import SteadfitClassifier, SteadfitRegressor

__all__ = [
    "Forecaster",
    "ImageClassifier",
    "SequenceClassifier",
    "SteadfitClassifier",
    "SteadfitRegressor",
]
