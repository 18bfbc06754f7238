"""How a model is trained where nothing is said: what the protocols of the documentation chose."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

# Changes of `steadfit.recipe.Training`'s defaults, by model. docs/texts.md and
# docs/language-models.md have the protocols.
_USUAL: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "bag": {
            "epochs": 10,
            "optimizer": {"learning_rate": 0.01},
            "augmentation": {"word_dropout": 0.5},
            "calibrate": 0.2,
            "refit": True,
        },
        "language": {"clip": 1.0, "optimizer": {"learning_rate": 0.005}},
    }
)
_OF_FEATURES = MappingProxyType({"penalties": {"l2": 0.03}})  # docs/few-photos.md


def usual_of_pretrained(learn: str) -> Mapping[str, Any]:
    """The same of a pretrained network that learns so: "frozen", "tuned" or "scratch"."""
    return {} if learn == "scratch" else _OF_FEATURES


def usual_training(model: str) -> Mapping[str, Any]:
    """The changes of `Training` that suit a model; none of most.

    >>> usual_training("bag")["calibrate"], dict(usual_training("mlp"))
    (0.2, {})
    """
    return _USUAL.get(model, {})
