"""What is trained: a recipe, from what a person names of it."""

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import nn

from steadfit.cells import CELLS
from steadfit.data import Dataset
from steadfit.errors import SteadfitError
from steadfit.installed import installed
from steadfit.kinds.values import Usual
from steadfit.models import (
    MODELS,
    OwnNetwork,
    Pretrained,
    complete,
    is_list,
    is_pretrained,
    pretrained,
    usual_of_pretrained,
    usual_settings,
    usual_steps,
    usual_training,
)
from steadfit.models import settings as model_settings
from steadfit.models.resnet1d import stem_stride
from steadfit.nn.swap import SWAPPED
from steadfit.recipe import Model, Recipe, Scalar, Training
from steadfit.remedies import apply, joined, settings_of

_CALIBRATING = ("calibrate", "refit")  # of the usual training, where there are no logits

NetworkLike = str | nn.Module | type[nn.Module] | Callable[..., nn.Module] | OwnNetwork | Pretrained


class Chosen(NamedTuple):
    """What is trained. notes: on what was chosen for the person. usual: the changes of the training
    that suit the model and the data."""

    recipe: Recipe
    notes: tuple[str, ...]
    usual: Mapping[str, Any]


def recipe_of(
    train: Dataset,
    recipe: Recipe | None,
    model: NetworkLike | None,
    settings: Mapping[str, Scalar] | None,
    training: Mapping[str, Any] | None,
) -> Chosen:
    """The recipe that is given, or one of these parts, by default those that suit the data.

    Raises SteadfitError where both are given.
    """
    if recipe is None:
        return _chosen(train, resolved(model), settings or {}, training or {})
    parts = {"model": model, "settings": settings, "training": training}
    beside = [name for name, value in parts.items() if value]
    if beside:
        raise SteadfitError(
            f"recipe must be given alone, got {' and '.join(beside)} beside it. Put them into the "
            "recipe: recipe.model_with(name, ...), recipe.training_with(...)."
        )
    return Chosen(
        recipe, (), _usual(recipe.model.network or recipe.model.name, recipe.model.settings)
    )


def _chosen(
    train: Dataset,
    model: NetworkLike | None,
    settings: Mapping[str, Scalar],
    training: Mapping[str, Any],
) -> Chosen:
    suits = _suited(train) if model is None else Usual()
    name = model or train.schema.model
    usual = {**_usual(name, settings), **suits.training}
    given = _with_usual(usual, train, training)
    known = name if isinstance(name, str) else ""
    if "epochs" not in training:
        passes = given.get("epochs", Training().epochs)
        steps = steps_of(train, Training.of(**given))
        given["epochs"] = train.schema.epochs(passes, steps, usual_steps(known))
    its = {**usual_settings(known), **_as_wide(name, train), **settings}
    return Chosen(_from_parts(name, its, given), suits.notes, usual)


def _suited(data: Dataset) -> Usual:
    """By the training side alone, where the data have a test side of their own."""
    is_test = data.structure.is_test
    rows = torch.arange(len(data)) if is_test is None else torch.nonzero(~is_test)[:, 0]
    return data.schema.kind.usual(data.x, data.y, rows)


def steps_of(train: Dataset, training: Training) -> int:
    """Of the optimiser, in one pass over the examples."""
    return math.ceil(len(train) / training.batch) * train.schema.task.steps(train.y, training)


def resolved(model: NetworkLike | None) -> NetworkLike | None:
    """A pretrained network that is named, with its weights; anything else as it is."""
    return pretrained(model) if isinstance(model, str) and is_pretrained(model) else model


def suited_reading(
    model: NetworkLike | None, settings: Mapping[str, Scalar] | None
) -> dict[str, Any]:
    """Options of a reader that suit a `resolved` model: images as large as a pretrained network
    sees."""
    if not isinstance(model, Pretrained):
        return {}
    return {"pixels": model.side({"side": 0, **(settings or {})})}


def _usual(model: NetworkLike, settings: Mapping[str, Scalar]) -> Mapping[str, Any]:
    """The changes of the training that suit the model."""
    if isinstance(model, Pretrained):
        return usual_of_pretrained(str(settings.get("learn", "frozen")))
    return usual_training(model) if isinstance(model, str) else {}


def _as_wide(model: NetworkLike, data: Dataset) -> dict[str, Scalar]:
    """The setting that makes a network's vectors of tokens as wide as pretrained ones."""
    if data.vectors is None or not isinstance(model, str) or model not in MODELS:
        return {}
    if "embedding" not in model_settings(model):
        return {}
    return {"embedding": data.vectors.values.shape[1]}


def _with_usual(
    suits: Mapping[str, Any], data: Dataset, training: Mapping[str, Any]
) -> dict[str, Any]:
    """The changes of the training that are given, beside those that suit the model and the task."""
    usual = dict(suits)
    if "calibrate" not in data.schema.task.takes:
        usual = {name: value for name, value in usual.items() if name not in _CALIBRATING}
    for name, value in training.items():
        both = isinstance(value, Mapping) and isinstance(usual.get(name), Mapping)
        usual[name] = {**usual[name], **value} if both else value
    return usual


def _from_parts(
    model: NetworkLike, settings: Mapping[str, Scalar], training: Mapping[str, Any]
) -> Recipe:
    """The default recipe with another model, its settings, and changes of the training.

    A name that is not of `MODELS` is looked for among the entry points `steadfit.models`.
    """
    if isinstance(model, str) and model not in MODELS and not is_list(model):
        model = installed("models", model) or model
    if isinstance(model, str) and (":" not in model or is_list(model)):
        recipe = Recipe().model_with(name=model, **settings)
    else:
        network = model if isinstance(model, OwnNetwork | Pretrained) else OwnNetwork.of(model)
        network.check_portable()
        own = Model.of(name=network.name, settings=dict(settings), network=network)
        recipe = Recipe(model=own)
    return recipe.training_with(**training)


def usual_remedies(data: Dataset, chosen: Chosen) -> tuple[str, ...]:
    """Those that suit the data, that the model has a setting for, and that are not in its usual
    training already."""
    return tuple(
        remedy
        for remedy in data.schema.remedies
        if _fits(remedy, chosen.recipe) and not _is_usual(remedy, chosen)
    )


def _is_usual(remedy: str, chosen: Chosen) -> bool:
    named = {
        f"training.{name}.{inner}"
        for name, value in chosen.usual.items()
        for inner in (value if isinstance(value, Mapping) else ())
    }
    plain = Recipe(model=chosen.recipe.model)  # to which the remedy is a change
    return bool(named & settings_of(joined(remedy)[0], plain))


def _fits(remedy: str, recipe: Recipe) -> bool:
    try:
        changed = apply(joined(remedy), recipe)
        if changed.model.network is not None:
            changed.model.network.check(changed.model.settings, changed.training)
    except SteadfitError:
        return False
    return True


def network_notes(recipe: Recipe, data: Dataset) -> tuple[str, ...]:
    """What is done to a network of one's own, or to a pretrained one; and to long series."""
    network = recipe.model.network
    if recipe.model.name == "resnet1d" and (stride := stem_stride(data.example_shape)) > 1:
        steps = data.example_shape[1]
        return (
            f"Of series of up to {steps:,} steps, the first convolution makes "
            f"{-(-steps // stride):,}, a stride of {stride}.",
        )
    if recipe.model.name == "recurrent" and stem_stride(data.example_shape) > 1:
        return (
            f"Series of up to {data.example_shape[1]:,} steps are read step by step, which takes "
            "long. The model resnet1d shortens them first.",
        )
    if isinstance(network, Pretrained):
        return network.notes(complete(recipe.model).settings, data.example_shape)
    if network is None or not network.swapped:
        return ()
    with torch.random.fork_rng(devices=[]):
        shape = data.schema.kind.network_shape(data.example_shape)
        settings = complete(recipe.model).settings
        made = dataclasses.replace(network, swapped=False).module(settings, shape, data.outputs)
    kinds = sorted({type(part).__name__ for part in made.modules() if type(part) in SWAPPED})
    if not kinds:
        return ()
    return (
        f"torch.nn's {' and '.join(kinds)} in {network.name} run as steadfit.nn's, which compute "
        "the same faster.",
    )


def cell_arms(settings: Mapping[str, Scalar]) -> tuple[str, ...]:
    """A remedy for each cell but that of the baseline, to compare them all.

    settings: of the baseline's model.

    >>> cell_arms({"cell": "lstm"})[:3]
    ('cell=rnn', 'cell=rnn_relu', 'cell=peephole_lstm')
    """
    own = settings.get("cell", model_settings("recurrent")["cell"])
    return tuple(f"cell={name}" for name in CELLS if name != own)
