"""One replica: a recipe and a sample become a trained model."""

from steadfit.training.loop import fit
from steadfit.training.predict import outputs
from steadfit.training.replica import Replica

__all__ = ["Replica", "fit", "outputs"]
