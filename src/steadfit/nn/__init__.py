"""Layers for torch: residual connections."""

from steadfit.nn.residual import Residual, Widen

__all__ = ["Residual", "Widen"]
