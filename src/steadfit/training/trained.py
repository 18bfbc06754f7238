"""`TrainedModel`: what is handed over. One network, or an ensemble of replicas, on new inputs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
import safetensors.torch
import torch
from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError, model_validator
from torch import Tensor, nn

from steadfit.data import Dataset, Forecast, Inputs, Preparation, Ragged, Task, Unit, natural
from steadfit.errors import SteadfitError
from steadfit.files import check_own, make_ready, whole_folder
from steadfit.models import build
from steadfit.recipe import Recipe
from steadfit.regular_files import read_regular
from steadfit.training import limits
from steadfit.training.predict import channels_last, outputs, sampled_outputs
from steadfit.training.replica import Replica
from steadfit.training.weights import fill, read_weights

FORMAT = 1
_FACTS = "model.json"
_OWN = re.compile(r"model\.json|weights-[0-9]+\.safetensors")  # the files that `save` writes


class ModelFacts(BaseModel):
    """`model.json`: all but the weights. shape: that of `Dataset.example_shape`; unit: what a step
    of a text is, or of a series, "steps"; None for images; forecast and the columns: those of
    `Dataset`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    recipe: Recipe
    shape: tuple[PositiveInt, ...]
    unit: Unit | None = None
    columns: tuple[str, ...] = ()
    series_column: str | None = None
    time_column: str | None = None
    forecast: Forecast | None = None
    task: Task
    classes: tuple[str, ...]
    outputs: PositiveInt
    preparations: Annotated[tuple[dict[str, Any], ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _agree(self) -> Self:
        """Whatever reads the facts counts on it that they agree with one another."""
        if self.format != FORMAT:
            raise ValueError(f"its format must be {FORMAT}, got {self.format}")
        limits.check_members(len(self.preparations))
        limits.check_shape(self.shape)
        limits.check_names(self.classes)
        sides = {None: 3, "steps": 2}.get(self.unit, 1)
        if len(self.shape) != sides:
            raise ValueError(f"a shape of {sides} sides was expected, got {self.shape}")
        if self.task == "classes" and len(self.classes) != self.outputs:
            raise ValueError(f"{self.outputs} classes were expected, got {len(self.classes)}")
        if self.task == "tokens" and sides != 1:
            raise ValueError("a language model takes texts")
        rows_are_steps = self.series_column is not None or self.forecast is not None
        if rows_are_steps and sides != 2:
            raise ValueError("series were expected")
        named = self.series_column is not None or (self.forecast is not None and self.columns)
        if named and len(self.columns) != self.shape[0]:  # a forecast of arrays names none
            raise ValueError(f"{self.shape[0]} columns were expected, one a channel")
        if self.forecast is not None:
            targets, horizon = self.forecast.targets, self.forecast.horizon
            if self.task != "numbers" or self.outputs != horizon * len(targets):
                raise ValueError("as many outputs as steps to forecast were expected")
            if self.forecast.window < 1 or not all(0 <= t < self.shape[0] for t in targets):
                raise ValueError("a forecast of columns that are there was expected")
        return self


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """One network (a single member), or an ensemble whose members are averaged.

    Classes: the members' log-probabilities are averaged, the centre of the cross-entropy
    decomposition, so that the ensemble's loss is the measured bias+noise. Numbers: the mean.
    """

    facts: ModelFacts
    weights: tuple[dict[str, Tensor], ...]

    @cached_property
    def members(self) -> list[tuple[nn.Module, Preparation]]:
        """Each member's torch module, in evaluation mode, and the preparation of its inputs.

        Raises SteadfitError where facts and weights do not belong together.
        """
        members = []
        for state, fitted in zip(self.weights, self.facts.preparations, strict=True):
            preparation = Preparation.from_dict(fitted)
            _check_preparation(self.facts, preparation)
            shape = preparation.shape(self.facts.shape)
            limits.check_size(self.facts.recipe.model, shape, self.facts.outputs, state)
            module = build(self.facts.recipe.model, shape, self.facts.outputs)
            fill(module, state)
            members.append((channels_last(module).eval(), preparation))
        return members

    def logits(self, x: Inputs | np.ndarray) -> np.ndarray:
        """Each member's logits, or numbers in the targets' units; (members, examples, outputs).

        x: unprepared examples as `Dataset.x` has them, images as an array too; sequences may be of
        any length. Raises SteadfitError for another shape, or other channels, for values that are
        not finite, and of a language model.
        """
        x = self._checked(x)
        return np.stack([p.restore(outputs(m, p, x)).numpy() for m, p in self.members])

    def sampled_logits(self, x: Inputs | np.ndarray, passes: int = 50, seed: int = 0) -> np.ndarray:
        """`logits` of many passes with dropout as in training; (passes, examples, outputs).

        Monte-Carlo dropout (Gal and Ghahramani 2016, "Dropout as a Bayesian approximation", section
        4): the mean over the passes is a prediction, their spread the network's doubt. Of an
        ensemble, the first network's. seed: of what is drawn.
        Raises SteadfitError as `logits`, and for a network that drops nothing.
        """
        x = self._checked(x)
        natural("seed", seed)
        if passes < 2:
            raise SteadfitError(f"passes must be 2 or more to tell a spread, got {passes}.")
        module, preparation = self.members[0]
        found = preparation.restore(sampled_outputs(module, preparation, x, passes, seed)).numpy()
        if (found == found[0]).all():
            raise SteadfitError(
                "Every pass gives the same, as the network has no dropout. Train one with dropout."
            )
        return found

    def probabilities(self, x: Inputs | np.ndarray) -> np.ndarray:
        """Of each class, shape (examples, classes); each row sums to 1."""
        logits = torch.from_numpy(self.logits(x)).double()
        return logits.log_softmax(-1).mean(0).softmax(-1).numpy()

    def predict(self, x: Inputs | np.ndarray) -> np.ndarray:
        """The most probable class by name, shape (examples,); or numbers (examples, outputs)."""
        if self.facts.task == "numbers":
            return self.logits(x).mean(0)
        return np.array(self.facts.classes)[self.probabilities(x).argmax(1)]

    def _checked(self, x: Inputs | np.ndarray) -> Inputs:
        """The inputs as tensors. Raises SteadfitError for what the network does not take."""
        if self.facts.task == "tokens":
            raise SteadfitError(
                "A language model has no answer for a text as a whole; it continues one: "
                "`steadfit.training.continuation`."
            )
        if isinstance(x, np.ndarray) and x.dtype.kind in "buif":
            x = torch.from_numpy(x)
        expected = _kind(self.facts.shape, self.facts.unit)
        found = _kind_of(x) if isinstance(x, Tensor | Ragged) else type(x).__name__
        if isinstance(x, np.ndarray) or expected != found:
            raise SteadfitError(
                f"The model takes {expected}, got {found}. Bring them to that shape first."
            )
        if not (x.values if isinstance(x, Ragged) else x).isfinite().all():
            raise SteadfitError("Inputs are not finite (NaN or infinite). Mend or remove them.")
        return x

    def with_replicas(self, recipe: Recipe, replicas: Sequence[Replica]) -> "TrainedModel":
        """For the same data, the ensemble of these replicas of a recipe."""
        preparations = tuple(replica.preparation for replica in replicas)
        changes = {"recipe": recipe, "preparations": preparations}
        weights = tuple(replica.weights for replica in replicas)
        return TrainedModel(self.facts.model_copy(update=changes), weights)

    def save(self, folder: str | Path) -> None:
        """Write the folder anew: model.json, and one safetensors file a member.

        A model that is there already stays until the new one is whole. Raises SteadfitError where
        the folder cannot be written, or has files that are not a model's.
        """
        folder = Path(folder)
        prepare(folder)
        with whole_folder(folder) as new:
            for number, state in enumerate(self.weights):
                contiguous = {name: tensor.contiguous() for name, tensor in state.items()}
                (new / _weights_file(number)).write_bytes(safetensors.torch.save(contiguous))
            (new / _FACTS).write_text(self.facts.model_dump_json(indent=2), encoding="utf-8")

    @classmethod
    def load(cls, folder: str | Path) -> "TrainedModel":
        """Read what `save` wrote. Raises SteadfitError where it is absent or damaged."""
        folder = Path(folder)
        try:
            facts = ModelFacts.model_validate_json(read_regular(folder / _FACTS))
            files = [folder / _weights_file(i) for i in range(len(facts.preparations))]
            model = cls(facts, tuple(map(read_weights, files)))
            assert model.members is not None
        except FileNotFoundError as error:
            raise SteadfitError(
                f"There is no model in {folder}: {error.filename} is absent."
            ) from None
        except (OSError, ValueError, RuntimeError) as error:
            raise SteadfitError(
                f"The model in {folder} is damaged ({_reason(error)}). Run the study again."
            ) from None
        return model


def prepare(folder: Path) -> None:
    """Raise SteadfitError now, not after the training, where no model can be saved in `folder`."""
    make_ready(folder.parent)
    check_own(folder, _OWN)


def trained_model(recipe: Recipe, data: Dataset, replicas: Sequence[Replica]) -> TrainedModel:
    """The model that these replicas make: one network, or an ensemble of several."""
    facts = ModelFacts(
        recipe=recipe,
        shape=data.example_shape,
        unit=data.x.unit if isinstance(data.x, Ragged) else None,
        columns=data.columns,
        series_column=data.series_column,
        time_column=data.time_column,
        forecast=data.forecast,
        task=data.task,
        classes=data.classes,
        outputs=data.outputs,
        preparations=tuple(replica.preparation for replica in replicas),
    )
    return TrainedModel(facts, tuple(replica.weights for replica in replicas))


def _check_preparation(facts: ModelFacts, fitted: Preparation) -> None:
    """Refuse means of other channels, or of other outputs, than the network has."""
    channels = facts.shape[0] if len(facts.shape) > 1 else 0
    outputs = facts.outputs if facts.task == "numbers" else 0
    for expected, mean in ((channels, fitted.mean), (outputs, fitted.target_mean)):
        if len(mean) != expected:
            raise SteadfitError(f"{expected} means and deviations were expected, got {len(mean)}")


def _reason(error: Exception) -> str:
    """What was wrong, in one line."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        return f"{place}: {first['msg']}" if place else first["msg"].removeprefix("Value error, ")
    return (str(error) or type(error).__name__).splitlines()[0]


def _weights_file(number: int) -> str:
    return f"weights-{number}.safetensors"


def _kind_of(x: Inputs) -> str:
    """What these examples are, as far as a model must agree."""
    if isinstance(x, Tensor):
        return _kind(tuple(x.shape[1:]), None)
    return _kind((x.shape[2], x.shape[1]) if x.ndim == 3 else (x.shape[1],), x.unit)


def _kind(shape: tuple[int, ...], unit: Unit | None) -> str:
    if unit is None:
        return "examples of shape " + "×".join(map(str, shape))
    return f"series with channels: {shape[0]}" if unit == "steps" else f"texts of {unit}"
