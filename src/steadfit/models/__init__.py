"""Models: a recipe and a data shape make a torch module."""

from steadfit.models.registry import MODELS, build, complete, count, settings

__all__ = ["MODELS", "build", "complete", "count", "settings"]
