"""What is trained: a recipe, from what a person names of it."""

from collections.abc import Mapping
from typing import Any

from steadfit.cells import CELLS
from steadfit.data import Dataset
from steadfit.errors import SteadfitError
from steadfit.models import settings as model_settings
from steadfit.recipe import Recipe, Scalar, Training


def recipe_of(
    train: Dataset,
    recipe: Recipe | None,
    model: str | None,
    settings: Mapping[str, Scalar] | None,
    training: Mapping[str, Any] | None,
) -> Recipe:
    """The recipe that is given, or one of these parts, by default those that suit the data.

    Raises SteadfitError where both are given.
    """
    if recipe is None:
        given = training or {}
        epochs = train.schema.epochs(Training().epochs, len(train), Training.of(**given).batch)
        name = model or train.schema.model
        return _from_parts(name, settings or {}, {"epochs": epochs, **given})
    parts = {"model": model, "settings": settings, "training": training}
    beside = [name for name, value in parts.items() if value]
    if beside:
        raise SteadfitError(
            f"recipe must be given alone, got {' and '.join(beside)} beside it. Put them into the "
            "recipe: recipe.model_with(name, ...), recipe.training_with(...)."
        )
    return recipe


def _from_parts(model: str, settings: Mapping[str, Scalar], training: Mapping[str, Any]) -> Recipe:
    """The default recipe with another model, its settings, and changes of the training."""
    if not isinstance(model, str):
        raise SteadfitError(
            f"model must be a name or a list of layers in words, got {type(model).__name__}. A "
            "module of your own cannot be studied yet; steadfit.nn.swap makes its recurrent layers "
            "ours."
        )
    recipe = Recipe().model_with(name=model, **settings)
    return recipe.training_with(**training)


def cell_arms(settings: Mapping[str, Scalar]) -> tuple[str, ...]:
    """A remedy for each cell but that of the baseline, to compare them all.

    settings: of the baseline's model.

    >>> cell_arms({"cell": "lstm"})[:3]
    ('cell=rnn', 'cell=rnn_relu', 'cell=peephole_lstm')
    """
    own = settings.get("cell", model_settings("recurrent")["cell"])
    return tuple(f"cell={name}" for name in CELLS if name != own)
