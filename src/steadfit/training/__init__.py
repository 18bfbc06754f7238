"""One replica: a recipe and a sample become a trained model."""

from steadfit.training.check import check
from steadfit.training.continuation import continuation, continued
from steadfit.training.learner import RecipeLearner
from steadfit.training.loop import fit
from steadfit.training.memory import keep_freed_memory
from steadfit.training.predict import outputs
from steadfit.training.replica import RESULTS, Replica
from steadfit.training.trained import TrainedModel, prepare, trained_model

__all__ = [
    "RESULTS",
    "RecipeLearner",
    "Replica",
    "TrainedModel",
    "check",
    "continuation",
    "continued",
    "fit",
    "keep_freed_memory",
    "outputs",
    "prepare",
    "trained_model",
]
