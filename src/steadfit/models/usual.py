"""What a model is, and how it is trained, where nothing is said: what the protocols of the
documentation chose."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from steadfit.recipe import Scalar

# Changes of `steadfit.recipe.Training`'s defaults, by model. docs/texts.md, docs/language-models.md
# and docs/sequences.md have the protocols.
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
        "resnet1d": {"batch": 16},
    }
)
_SETTINGS: Mapping[str, Mapping[str, Scalar]] = MappingProxyType({"resnet1d": {"width": 0.5}})
_STEPS: Mapping[str, int] = MappingProxyType({"resnet1d": 500})
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


def usual_settings(model: str) -> Mapping[str, Scalar]:
    """The settings that suit a model, where they are other than its defaults, which are those of
    its paper.

    >>> dict(usual_settings("resnet1d"))
    {'width': 0.5}
    """
    return _SETTINGS.get(model, {})


def usual_steps(model: str) -> int | None:
    """How many steps of the optimiser a model takes at least; None where the kind of example
    decides.

    >>> usual_steps("resnet1d"), usual_steps("recurrent")
    (500, None)
    """
    return _STEPS.get(model)
