"""What a finished replica makes of the examples that it learned from."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from steadfit.data import Dataset, points
from steadfit.kinds import Preparation
from steadfit.recipe import Training
from steadfit.training.learned_loss import guessing, learned_loss
from steadfit.training.predict import answers


@dataclass(frozen=True)
class OwnExamples:
    """Figures of a replica on its own training examples.

    loss, error: as on test points, in the units of `Task.score`; no error of numbers.
    learned_loss: by the loss that was learned by, with its class weights. guessing: the least such
    loss of an answer that is the same for every example.
    """

    loss: float
    error: float | None
    learned_loss: float
    guessing: float

    def facts(self) -> dict[str, float]:
        """`train_eval_loss` and, where there is one, `train_eval_error`."""
        error = {} if self.error is None else {"train_eval_error": self.error}
        return {"train_eval_loss": self.loss, **error}


def own_examples(
    module: nn.Module,
    preparation: Preparation,
    data: Dataset,
    learned: Tensor,
    training: Training,
    seed: int,
    device: str = "cpu",
) -> OwnExamples:
    """Predict what was learned from in evaluation mode: no dropout, no augmentation.

    learned: positions in `data`, repeats allowed. Each example counts once; of more than
    `Task.seen`, as many are drawn with the seed.
    """
    task = data.schema.task
    distinct = learned.unique()
    order = torch.randperm(len(distinct), generator=torch.Generator().manual_seed(seed))
    seen = data.take(distinct[order[: task.seen].sort().values])
    found, mean = answers(module, preparation, seen, device)
    loss, error = task.score(preparation.restore(found), points(seen).y)
    y = preparation.targets(seen.y)
    strength = 1.0 if training.balanced_sampling else training.class_weight
    weights = task.class_weights(data.y[learned], strength)
    if mean is None:
        by_learned = float(learned_loss(task, found, y, training, weights=weights))
    else:
        loss = by_learned = mean
    return OwnExamples(loss, error, by_learned, guessing(task, y, training, weights))
