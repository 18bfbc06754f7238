"""The loop of one training: epochs, batches, steps of the optimiser."""

import math
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from steadfit.data import Dataset
from steadfit.errors import DivergedError
from steadfit.kinds import Preparation
from steadfit.models import count
from steadfit.recipe import Augmentation, Training
from steadfit.tasks.values import Part
from steadfit.training.averaging import RunningMean, refresh_normalisation
from steadfit.training.batches import balanced, in_pieces, normalises_over_batch
from steadfit.training.gradients import clip_gradients, first_bad_gradient
from steadfit.training.learned_loss import learned_loss
from steadfit.training.max_norm import limit_norms
from steadfit.training.optimizer import learning_rate, make_optimizer
from steadfit.training.penalties import add_l2_gradient, share_of_zeros, shrink_l1, weights
from steadfit.training.predict import mean_loss


@dataclass
class Descent:
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
    best_epochs: int = 0  # after which the weights were taken
    step: int = 0
    clipped: int = 0
    norms: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)  # of each step, as norms
    rates: list[float] = field(default_factory=list)
    curves: dict[str, list[float]] = field(default_factory=lambda: {"train_loss": []})

    def __post_init__(self) -> None:
        self.optimizer = make_optimizer(self.module, self.settings.optimizer)
        self.penalized = weights(self.module)
        self.order = torch.Generator().manual_seed(self.seed)
        self.noise = torch.Generator().manual_seed(self.seed + 1)
        self.batches = math.ceil(len(self.learned) / self.settings.batch)
        whole = math.ceil(len(self.learned) / self.batches)
        self.most = max(2, whole >> self.halvings)  # examples at a time
        self.kind, self.task = self.data.schema.kind, self.data.schema.task
        self.take = self.kind.prepared(self.data.x, self.preparation.inputs)
        self.take_changed = self.take
        if self.settings.augmentation.unprepared:
            self.take_changed = self.kind.prepared(self.data.x, self.changed)
        self.y = self.preparation.targets(self.data.y)
        self.steps = self.batches * self.task.steps(self.y, self.settings)  # in an epoch
        targets = self.y[self.learned].to(self.device)
        self.class_weights = self.task.class_weights(targets, self.settings.class_weight)
        self.mean = RunningMean()
        if len(self.outside):
            self.curves["validation_loss"] = []

    def all_epochs(self, epochs: int) -> None:
        settings = self.settings
        best, best_state, waited = math.inf, None, 0
        self.best_epochs = epochs
        for epoch in range(epochs):
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
                best, self.best_epochs = loss, epoch + 1
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
        """The sample in a new order, in batches of nearly equal size (none is a lone rest)."""
        if self.settings.balanced_sampling:
            return balanced(self.y[self.learned], self.learned, self.batches, self.order)
        rows = self.learned[torch.randperm(len(self.learned), generator=self.order)]
        if normalises_over_batch(self.module):  # sequences of one length are often of one class
            return rows.tensor_split(self.batches)
        return self.kind.shuffled(self.data.x, rows, self.batches, self.order)

    def changed(self, x: Any) -> Any:
        """Examples prepared after those changes that come before it."""
        changed = self.kind.changed_unprepared(x, self.settings.augmentation, self.noise)
        return self.preparation.inputs(changed)

    def parts(self, rows: Tensor, augmentation: Augmentation | None = None) -> list[Part]:
        """What the module takes for these examples, and what it is to answer: all of them together
        or, where memory is too small for that, in several parts."""
        take = self.take if augmentation is None else self.take_changed
        inputs, y = self.kind.placed(take(rows), self.device), self.y[rows].to(self.device)
        if augmentation is not None:
            inputs = self.kind.augment(inputs, augmentation, self.noise)
            if augmentation.mixes:
                inputs, other, share = self.kind.mixed(inputs, augmentation, self.noise)
                y = self.task.mixed(y, other, share)
        answers = in_pieces(y, self.most)
        each = zip(in_pieces(inputs, self.most), answers, strict=True)
        return [(self.kind.padded(inputs), y) for inputs, y in each]

    def one_epoch(self, epoch: int) -> float:
        self.module.train()
        total, answers = 0.0, 0.0
        for number, rows in enumerate(self.shuffled()):
            whole = self.parts(rows, self.settings.augmentation)
            for parts in self.task.in_steps(whole, self.settings):
                loss, here = self.backward(parts)
                self.update(loss, epoch, number)
                total += loss * here
                answers += here
        return total / answers

    def backward(self, parts: list[Part]) -> tuple[float, float]:
        """Take the gradient of the mean loss of a step's answers, one part after the other.

        Returns that loss, and what it is the mean over: the number of answers, or their weights.
        """
        for parameter in self.module.parameters():
            parameter.grad = None
        answers = [self.task.answers(y, self.class_weights) for _, y in parts]
        total = 0.0
        for (inputs, y), here in zip(parts, answers, strict=True):
            with self.autocast():
                outputs = self.module(inputs)
            loss = learned_loss(
                self.task, outputs, y, self.settings, smoothed=True, weights=self.class_weights
            )
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
        self.optimizer.step(rate)
        if settings.penalties.l1:
            shrink_l1(self.penalized, settings.penalties.l1, self.optimizer.step_size)
        if settings.max_norm is not None:
            limit_norms(self.penalized, settings.max_norm)
        self.step += 1
        self.norms.append(norm)
        self.losses.append(loss)
        self.rates.append(rate)
        self.clipped += settings.clip is not None and norm > settings.clip

    def loss_of(self, indices: Tensor) -> float:
        held_out = self.data.take(indices)
        return mean_loss(self.module, self.preparation, held_out, self.settings, self.device)

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
        f"Training stopped before the update of epoch {epoch + 1}, batch {batch + 1}: losses and "
        f"gradients must be finite, got a loss of {loss}{where}. Try a lower learning rate, or "
        "clip the gradient."
    )
