"""What can be said of a training before it begins."""

import math

import torch
from torch import nn

from steadfit.data import Dataset
from steadfit.errors import SteadfitError
from steadfit.machine import check_memory
from steadfit.models import build, complete, shapes
from steadfit.recipe import Recipe, Training

_COPIES = 4  # of the weights, in training: themselves, their gradients, and Adam's two moments


def check(recipe: Recipe, train: Dataset) -> None:
    """Raise SteadfitError where no replica of the recipe can be trained on such data: the task, the
    shapes, or the memory do not allow it."""
    rows = shapes(recipe.model, _seen(train), train.outputs)
    kind, task = train.schema.kind, train.schema.task
    every_step = len(rows[-1].output) == 2
    if every_step != task.every_step:
        needs, gives = ("at every step", "once an example")[:: -1 if every_step else 1]
        raise SteadfitError(
            f"{train.name} needs an answer {needs}, and {recipe.model.name} gives one {gives}. "
            f"Use {'recurrent' if every_step else 'language'}."
        )
    task.check(recipe.training, train.name)
    if recipe.training.refit and not held_out_share(recipe.training):
        raise SteadfitError(
            "training.refit trains anew on what was held out, and nothing is. Give "
            "training.early_stopping or training.calibrate too, or leave it out."
        )
    kind.check_changes(recipe.training.augmentation)
    if recipe.model.network is not None:
        recipe.model.network.check(complete(recipe.model).settings, recipe.training)
    needed = 4 * _COPIES * sum(row.parameters for row in rows) + sum(row.memory for row in rows)
    to_train = f"To train {recipe.model.name} on single examples takes"
    check_memory(needed, to_train, "Use a smaller model.")


def held_out_share(training: Training) -> float:
    """The share of the sample that nothing is learned from; early stopping's serves both."""
    stopping = training.early_stopping
    return training.calibrate if stopping is None else stopping.share


def check_batches(recipe: Recipe, train: Dataset, examples: int) -> None:
    """Raise SteadfitError where batch normalisation would get one number a channel, which has no
    spread: an example alone in its batch, where its layer has a single place.

    examples: how many are learned.
    """
    size = recipe.training.batch
    if examples // max(1, math.ceil(examples / size)) > 1:
        return
    if recipe.model.network is not None:
        _check_own_batches(recipe, train, examples)
        return
    for row in shapes(recipe.model, _seen(train), train.outputs):
        if row.layer.endswith("BatchNorm") and math.prod(row.output[1:]) == 1:
            raise SteadfitError(
                f"{examples:,} examples in batches of {size} leave one alone in its batch, and "
                f"the batch normalisation of {recipe.model.name} needs two or more. Use another "
                "batch size, or a model without normalisation (the setting norm: none)."
            )


def _seen(train: Dataset) -> tuple[int, ...]:
    """The shape of an example as a network sees it, before anything is fitted."""
    return train.schema.kind.network_shape(train.example_shape)


def _check_own_batches(recipe: Recipe, train: Dataset, examples: int) -> None:
    with torch.random.fork_rng(devices=[]):
        module = build(recipe.model, _seen(train), train.outputs)
    if any(isinstance(part, nn.modules.batchnorm._BatchNorm) for part in module.modules()):
        raise SteadfitError(
            f"{examples:,} examples in batches of {recipe.training.batch} leave one alone in its "
            f"batch, and the batch normalisation of {recipe.model.name} needs two or more. Use "
            "another batch size."
        )
