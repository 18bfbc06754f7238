"""`fit`: one replica, of a network that begins anew or was trained on other images.

A pretrained network is learned in one of three ways (`steadfit.models.pretrained.network`). Frozen:
a head learns on its features, which are computed once an image. Tuned: that head, and then the
whole network from there. From scratch: as any other.
"""

from dataclasses import replace

import torch
from torch import Tensor

from steadfit.data import Dataset, Schema
from steadfit.kinds import Preparation
from steadfit.models import Pretrained, build, complete
from steadfit.models.pretrained import head_model
from steadfit.recipe import Augmentation, Recipe
from steadfit.training import fitting
from steadfit.training.features import features_of
from steadfit.training.replica import Replica

_INSIDE = "network."  # what the names of a `Transfer`'s weights begin with, in a built model


def fit(
    recipe: Recipe, train: Dataset, indices: Tensor, test: Dataset, seed: int, device: str = "cpu"
) -> Replica:
    """Train one replica and predict the test points; `steadfit.training.fitting.fit` says the rest.

    The replica of a frozen network has the weights of its head alone; `whole` adds the others.
    """
    network, learn = recipe.model.network, complete(recipe.model).settings.get("learn")
    if not isinstance(network, Pretrained) or learn == "scratch":
        return fitting.fit(recipe, train, indices, test, seed, device)
    network.check(complete(recipe.model).settings, recipe.training)
    if learn == "frozen":
        return _with_head(network, recipe, train, indices, test, seed, device)
    still = recipe.training_with(augmentation=Augmentation())
    first = _with_head(network, still, train, indices, test, seed, device)
    start = {name.removeprefix(_INSIDE): value for name, value in first.weights.items()}
    begun = recipe.model.but(network=replace(network, start=start))
    tuned = fitting.fit(recipe.but(model=begun), train, indices, test, seed, device)
    return replace(tuned, seconds=first.seconds + tuned.seconds)


def make_features(recipe: Recipe, data: Dataset) -> None:
    """Compute the features that the recipe learns on, where they are not kept: every core does."""
    network, settings = recipe.model.network, complete(recipe.model).settings
    if isinstance(network, Pretrained) and settings["learn"] != "scratch":
        features_of(network, settings, data)


def whole(
    recipe: Recipe, schema: Schema, shape: tuple[int, ...], replica: Replica
) -> dict[str, Tensor]:
    """All weights of a replica's network. shape: of an example, as `Dataset.example_shape`."""
    learn = complete(recipe.model).settings.get("learn")
    if not isinstance(recipe.model.network, Pretrained) or learn != "frozen":
        return replica.weights
    with torch.random.fork_rng(devices=[]):
        module = build(recipe.model, schema.kind.network_shape(shape), schema.task.outputs)
    return {**module.state_dict(), **replica.weights}


def _with_head(
    network: Pretrained,
    recipe: Recipe,
    train: Dataset,
    indices: Tensor,
    test: Dataset,
    seed: int,
    device: str,
) -> Replica:
    """Of a frozen network: what its head learns on the features."""
    settings = complete(recipe.model).settings
    of_head = recipe.but(model=complete(head_model(settings)))
    seen, tested = (features_of(network, settings, data, device) for data in (train, test))
    learned = fitting.fit(of_head, seen, indices, tested, seed, device)
    fitted = Preparation.from_dict(learned.preparation)
    state = {f"{_INSIDE}head.{name}": value for name, value in learned.weights.items()}
    scale = {f"{_INSIDE}{name}": torch.tensor(getattr(fitted, name)) for name in ("mean", "std")}
    images = replace(fitted, mean=fitted.mean[: train.example_shape[0]])
    return replace(
        learned,
        weights=state | scale,
        preparation=dict(network.preparation(images, train).to_dict()),
    )
