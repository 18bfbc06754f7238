"""`fit`: one recipe, one sample, one seed -> one replica. The loop, and nothing around it."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, zip_longest

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss

from steadfit.data import Dataset, Preparation, Ragged, augment, carve, fit_preparation, natural
from steadfit.errors import DivergedError
from steadfit.models import build, complete, count
from steadfit.nn import Padded
from steadfit.recipe import Augmentation, Recipe, Training
from steadfit.regularization import (
    add_l2_gradient,
    clip_gradients,
    first_bad_gradient,
    limit_norms,
    share_of_zeros,
    shrink_l1,
    weights,
)
from steadfit.training.averaging import RunningMean, refresh_normalisation
from steadfit.training.batches import (
    Part,
    by_length,
    in_any_order,
    in_pieces,
    padded,
    placed,
    prepared,
    watched,
    windows_with_answers,
)
from steadfit.training.brier import brier
from steadfit.training.check import check, check_batches
from steadfit.training.memory import with_halvings
from steadfit.training.optimizer import learning_rate, make_optimizer
from steadfit.training.predict import channels_last, final_outputs, next_tokens, outputs
from steadfit.training.replica import Replica


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
    stopping = recipe.training.early_stopping
    learned, held_out = indices, None
    if stopping is not None:
        learned, held_out = carve(train, indices, stopping.share, seed)
    check_batches(recipe, train, len(learned))
    preparation = fit_preparation(train, learned)
    outside = watched(train, indices, seed) if held_out is None else held_out

    def trained(halvings: int) -> _Run:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            shape = preparation.shape(train.example_shape)
            module = build(complete(recipe.model), shape, train.outputs)
            module = channels_last(module.to(device))
            given = preparation, train, learned, outside
            run = _Run(recipe.training, module, *given, seed, device, halvings)
            run.all_epochs()
        return run

    run = with_halvings(trained, min(recipe.training.batch, len(learned)))
    logits, loss = final_outputs(run.module, preparation, test, device)
    return Replica(
        logits=logits.numpy(),
        weights={name: tensor.cpu() for name, tensor in run.module.state_dict().items()},
        preparation=dict(preparation.to_dict()),
        curves=run.curves,
        facts={**run.facts(), **loss},
        seconds=time.perf_counter() - began,
    )


@dataclass
class _Run:
    """The state of one training: it lives here and nowhere else."""

    settings: Training
    module: nn.Module
    preparation: Preparation
    data: Dataset
    learned: Tensor
    outside: Tensor
    seed: int
    device: str
    halvings: int  # of the batches, as memory is too small for them
    step: int = 0
    clipped: int = 0
    norms: list[float] = field(default_factory=list)
    curves: dict[str, list[float]] = field(default_factory=lambda: {"train_loss": []})

    def __post_init__(self) -> None:
        self.optimizer = make_optimizer(self.module, self.settings.optimizer)
        self.penalized = weights(self.module)
        self.order = torch.Generator().manual_seed(self.seed)
        self.noise = torch.Generator().manual_seed(self.seed + 1)
        self.batches = math.ceil(len(self.learned) / self.settings.batch)
        whole = math.ceil(len(self.learned) / self.batches)
        self.most = max(2, whole >> self.halvings)  # examples at a time
        self.take = prepared(self.preparation, self.data.x)
        self.y = self.preparation.targets(self.data.y)
        self.steps = self.batches  # in an epoch
        if self.data.task == "tokens":
            self.steps *= math.ceil(self.y.shape[1] / self.settings.truncation)
        self.mean = RunningMean()
        if len(self.outside):
            self.curves["validation_loss"] = []

    def all_epochs(self) -> None:
        settings = self.settings
        best, best_state, waited = math.inf, None, 0
        for epoch in range(settings.epochs):
            self.curves["train_loss"].append(self.one_epoch(epoch))
            if settings.average and epoch >= settings.epochs - settings.average:
                self.mean.add(self.module)
            if not len(self.outside):
                continue
            loss = self.loss_of(self.outside)
            self.curves["validation_loss"].append(loss)
            if settings.early_stopping is None:
                continue
            waited = 0 if loss < best else waited + 1
            if loss < best:
                best = loss
                best_state = {k: v.clone() for k, v in self.module.state_dict().items()}
            if waited >= settings.early_stopping.patience:
                break
        if self.mean.count:
            self.mean.write(self.module)
            parts = chain.from_iterable(map(self.parts, self.shuffled()))
            refresh_normalisation(self.module, (inputs for inputs, _ in parts))
        elif best_state is not None:
            self.module.load_state_dict(best_state)

    def shuffled(self) -> tuple[Tensor, ...]:
        """The sample in a new order, in batches of nearly equal size (none is a lone rest).

        Sequences are with others of about their length.
        """
        rows = self.learned[torch.randperm(len(self.learned), generator=self.order)]
        if not isinstance(self.data.x, Ragged):
            return rows.tensor_split(self.batches)
        batches = by_length(rows, self.data.x, self.order).tensor_split(self.batches)
        return in_any_order(batches, self.order)

    def parts(self, rows: Tensor, augmentation: Augmentation | None = None) -> list[Part]:
        """What the module takes for these examples, and what it is to answer: all of them together
        or, where memory is too small for that, in several parts."""
        inputs = placed(self.take(rows), self.device)
        if augmentation is not None:
            inputs = augment(inputs, augmentation, self.noise)
        answers = in_pieces(self.y[rows].to(self.device), self.most)
        each = zip(in_pieces(inputs, self.most), answers, strict=True)
        return [(padded(inputs), y) for inputs, y in each]

    def one_epoch(self, epoch: int) -> float:
        self.module.train()
        total, answers = 0.0, 0
        for number, rows in enumerate(self.shuffled()):
            for parts in self.steps_of(rows):
                loss, here = self.backward(parts)
                self.update(loss, epoch, number)
                total += loss * here
                answers += here
        return total / answers

    def steps_of(self, rows: Tensor) -> Iterator[list[Part]]:
        """What is learned from these examples, one step of the optimiser after the other: a single
        one, but of texts with an answer at every step one for each window."""
        parts = self.parts(rows, self.settings.augmentation)
        if self.data.task != "tokens":
            yield parts
            return
        cut = [windows_with_answers(*part, self.settings.truncation) for part in parts]
        for step in zip_longest(*cut):
            yield [part for part in step if part is not None]

    def backward(self, parts: list[Part]) -> tuple[float, int]:
        """Take the gradient of the mean loss of a step's answers, one part after the other.

        Returns that loss, and the number of answers.
        """
        self.optimizer.zero_grad(set_to_none=True)
        tokens = self.data.task == "tokens"
        answers = [int((y >= 0).sum()) if tokens else len(y) for _, y in parts]
        total = 0.0
        for (inputs, y), here in zip(parts, answers, strict=True):
            with self.autocast():
                logits = self.module(inputs)
            if isinstance(logits, Padded):
                logits, y = logits.values.flatten(0, 1), y.flatten()
            loss = self.loss(logits.float(), y, smoothed=True)
            if len(parts) > 1:
                loss = loss * (here / sum(answers))
            loss.backward()
            total += float(loss.detach())
        return total, sum(answers)

    def update(self, loss: float, epoch: int, number: int) -> None:
        """One step of the optimiser; the weights are touched only if all is finite."""
        settings = self.settings
        if settings.penalties.l2:
            add_l2_gradient(self.penalized, settings.penalties.l2)
        norm = clip_gradients(self.module, settings.clip)
        if not (math.isfinite(loss) and math.isfinite(norm)):
            raise _diverged(loss, self.module, epoch, number)
        rate = learning_rate(settings.optimizer, self.step, settings.epochs * self.steps)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        if settings.penalties.l1:
            shrink_l1(self.penalized, settings.penalties.l1, self.optimizer)
        if settings.max_norm is not None:
            limit_norms(self.penalized, settings.max_norm)
        self.step += 1
        self.norms.append(norm)
        self.clipped += settings.clip is not None and norm > settings.clip

    def loss(self, logits: Tensor, y: Tensor, smoothed: bool = False) -> Tensor:
        if self.data.task == "numbers":
            return mse_loss(logits, y)
        smoothing = self.settings.label_smoothing if smoothed else 0.0
        if self.settings.loss == "brier":
            return brier(logits, y, smoothing)
        return cross_entropy(logits, y, label_smoothing=smoothing)

    def loss_of(self, indices: Tensor) -> float:
        if self.data.task == "tokens":
            held_out = self.data.take(indices)
            return next_tokens(self.module, self.preparation, held_out, self.device)[1]
        logits = outputs(self.module, self.preparation, self.data.x[indices], self.device)
        return float(self.loss(logits, self.y[indices]))

    def autocast(self) -> torch.autocast:
        device = self.device.split(":")[0]
        return torch.autocast(device, torch.bfloat16, self.settings.precision == "bfloat16")

    def facts(self) -> dict[str, float]:
        facts = {
            "parameters": float(count(self.module)),
            "epochs": float(len(self.curves["train_loss"])),
            "steps": float(self.step),
            "train_loss": self.curves["train_loss"][-1],
            "gradient_norm": float(np.median(self.norms)),
            "zero_weights": share_of_zeros(self.penalized),
        }
        if self.settings.clip is not None:
            facts["clipped"] = self.clipped / self.step
        if self.halvings:
            facts["halvings"] = float(self.halvings)
        return facts


def _diverged(loss: float, module: nn.Module, epoch: int, batch: int) -> DivergedError:
    parameter = first_bad_gradient(module)
    where = f', first in the gradient of "{parameter}"' if parameter else ""
    return DivergedError(
        f"Training stopped before the update of epoch {epoch + 1}, batch {batch + 1}: "
        f"expected finite numbers, found a loss of {loss}{where}. "
        "Try a lower learning rate, or clip the gradient."
    )
