"""One replica: a recipe and a sample become a trained model."""

from steadfit.training.check import check
from steadfit.training.continuation import continuation, continued
from steadfit.training.functions import OwnLearner, own_learner
from steadfit.training.learner import RecipeLearner
from steadfit.training.memory import keep_freed_memory
from steadfit.training.model_files import model_folder, prepare
from steadfit.training.predict import outputs
from steadfit.training.replica import RESULTS, Replica
from steadfit.training.text_score import TextScore
from steadfit.training.trained import TrainedModel, trained_model
from steadfit.training.trained_reference import TrainedReference
from steadfit.training.transfer import fit

__all__ = [
    "RESULTS",
    "OwnLearner",
    "RecipeLearner",
    "Replica",
    "TextScore",
    "TrainedModel",
    "TrainedReference",
    "check",
    "continuation",
    "continued",
    "fit",
    "keep_freed_memory",
    "model_folder",
    "outputs",
    "own_learner",
    "prepare",
    "trained_model",
]
