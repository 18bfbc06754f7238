"""One replica: a recipe and a sample become a trained model."""

from steadfit.training.check import check
from steadfit.training.continuation import continuation, continued
from steadfit.training.loop import fit
from steadfit.training.memory import HALVED, keep_freed_memory
from steadfit.training.predict import outputs
from steadfit.training.replica import RESULTS, Replica
from steadfit.training.trained import TrainedModel, prepare, trained_model

__all__ = [
    "HALVED",
    "RESULTS",
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
