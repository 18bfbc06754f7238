"""`fit`: one recipe, one sample, one seed -> one replica."""

import time
from dataclasses import replace

import torch
from torch import Tensor, nn

from steadfit.analysis.training_state import training_state
from steadfit.data import Dataset, carve, fit_preparation, natural
from steadfit.kinds import Preparation
from steadfit.models import build, complete
from steadfit.recipe import Recipe
from steadfit.training.batches import watched
from steadfit.training.check import check, check_batches, held_out_share
from steadfit.training.loop import Descent
from steadfit.training.memory import with_halvings
from steadfit.training.own_examples import own_examples
from steadfit.training.predict import channels_last, final_outputs
from steadfit.training.pretrained import begin_with
from steadfit.training.replica import Replica
from steadfit.training.temperature import fit_temperature


@torch.inference_mode(False)
@torch.enable_grad()
def fit(
    recipe: Recipe,
    train: Dataset,
    indices: Tensor,
    test: Dataset,
    seed: int,
    device: str = "cpu",
) -> Replica:
    """Train one replica and predict the test points.

    recipe: what to train and how. train, indices: the sample is train.take(indices); int64
    positions, repeats allowed. test: predicted once, after training, and used for nothing else.
    seed: decides initial weights, the order of the examples, dropout and augmentation.

    The result depends on these arguments only, to the last bit, for one version of steadfit and
    torch on one kind of machine with one thread. Raises DivergedError, before the weights are
    touched, when a loss or a gradient is not finite, and after training when a prediction is not;
    and SteadfitError as `check` and `check_batches` do. Where memory is too small for the batches
    they are halved, and the parts' gradients added up.

    >>> from steadfit.data import read, split
    >>> digits = split(read("digits"))
    >>> recipe = Recipe().model_with(name="mlp").training_with(epochs=1)
    >>> replica = fit(recipe, digits.train, torch.arange(200), digits.test, seed=0)
    >>> replica.logits.shape == (len(digits.test), 10)
    True
    """
    check(recipe, train)
    natural("seed", seed)
    began = time.perf_counter()
    learned, held_out = indices, None
    if share := held_out_share(recipe.training):
        learned, held_out = carve(train, indices, share, seed)
    check_batches(recipe, train, len(learned))
    outside = watched(train, indices, seed) if held_out is None else held_out
    judged = run = _trained(recipe, train, learned, outside, seed, device)
    preparation, temperature = run.preparation, {}
    if recipe.training.calibrate and held_out is not None:
        preparation, temperature = _calibrated(run, train.take(held_out), device)
    if recipe.training.refit and held_out is not None:
        learned, epochs = indices, run.best_epochs
        run = _trained(
            recipe.training_with(early_stopping=None), train, learned,
            watched(train, learned, seed), seed, device, epochs,
        )  # fmt: skip
        preparation = replace(run.preparation, temperature=preparation.temperature)
    facts = {**run.facts(), **temperature}
    logits, of_test = final_outputs(run.module, preparation, test, device)
    own = own_examples(run.module, preparation, train, learned, recipe.training, seed, device)
    state = training_state(
        judged.losses,
        judged.rates,
        own.learned_loss,
        own.guessing,
        validation=judged.curves.get("validation_loss", ()),
        stopped=len(judged.curves["train_loss"]) < recipe.training.epochs,
    )
    return Replica(
        logits=logits.numpy(),
        weights=_state(run.module),
        preparation=dict(preparation.to_dict()),
        curves=judged.curves,
        facts={**facts, **own.facts(), **state.facts(), **of_test},
        seconds=time.perf_counter() - began,
    )


def _trained(
    recipe: Recipe,
    train: Dataset,
    learned: Tensor,
    outside: Tensor,
    seed: int,
    device: str,
    epochs: int | None = None,
) -> Descent:
    """One training. outside: examples that are watched, or stopped by. epochs: after which it ends,
    on the way of the recipe's; all of them if None."""
    preparation = fit_preparation(train, learned)
    if (network := recipe.model.network) is not None:
        preparation = network.preparation(preparation, train)

    def trained(halvings: int) -> Descent:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            shape = train.schema.kind.network_shape(train.example_shape, preparation)
            module = build(complete(recipe.model), shape, train.outputs)
            train.schema.task.begin(module, train.y[learned])
            if train.vectors is not None:
                begin_with(train.vectors, module, preparation)
            module = channels_last(module.to(device))
            given = preparation, train, learned, outside
            run = Descent(recipe.training, module, *given, seed, device, halvings)
            run.all_epochs(epochs or recipe.training.epochs)
        return run

    return with_halvings(trained, min(recipe.training.batch, len(learned)))


def _calibrated(
    run: Descent, held_out: Dataset, device: str
) -> tuple[Preparation, dict[str, float]]:
    """The run's preparation with the temperature that suits these examples, and that as a fact."""
    fitted = fit_temperature(run.module, run.preparation, held_out, device)
    return replace(run.preparation, temperature=(fitted,)), {"temperature": fitted}


def _state(module: nn.Module) -> dict[str, Tensor]:
    """The weights by name, each with memory of its own, as layers that share them are saved too."""
    seen: set[int] = set()
    state = {}
    for name, tensor in module.state_dict().items():
        state[name] = tensor.clone().cpu() if tensor.data_ptr() in seen else tensor.cpu()
        seen.add(tensor.data_ptr())
    return state
