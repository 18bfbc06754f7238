"""`TrainedModel`: what is handed over. One network, or an ensemble of replicas, on new inputs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from torch import Tensor, nn

from steadfit.data import Dataset, natural
from steadfit.errors import SteadfitError
from steadfit.files import whole_folder
from steadfit.kinds import Inputs, Preparation, checked
from steadfit.models import OwnNetwork, Pretrained, build
from steadfit.recipe import Recipe
from steadfit.regular_files import read_json
from steadfit.training import limits, new_inputs
from steadfit.training.export import Format, export, program
from steadfit.training.facts import ModelFacts
from steadfit.training.model_files import (
    FACTS,
    model_folder,
    network_file,
    prepare,
    undamaged,
    weights_file,
)
from steadfit.training.own_models import (
    carries,
    graph_files,
    graphs_of,
    preparation_of,
    with_code,
    without_code,
)
from steadfit.training.predict import channels_last, outputs, sampled_outputs
from steadfit.training.replica import Replica
from steadfit.training.text_score import TextScore, text_score
from steadfit.training.trained_reference import TrainedReference, reference_values
from steadfit.training.transfer import whole
from steadfit.training.weights import fill, moved, read_weights


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """One network (a single member), or an ensemble whose members are averaged.

    Classes: the members' log-probabilities are averaged, the centre of the cross-entropy
    decomposition, so that the ensemble's loss is the measured bias+noise. Several labels: their log
    odds, likewise. Numbers: the mean.

    graphs: of a person's own network that was loaded without its code, what it computes, one an
    ONNX file of a member.
    """

    facts: ModelFacts
    weights: tuple[dict[str, Tensor], ...]
    graphs: tuple[bytes, ...] = ()

    @cached_property
    def members(self) -> list[tuple[nn.Module, Preparation]]:
        """Each member's torch module, in evaluation mode, and the preparation of its inputs.

        Raises SteadfitError where facts and weights do not belong together.
        """
        if self.graphs:
            return without_code(self.facts, self.graphs)
        members = []
        for state, fitted in zip(self.weights, self.facts.preparations, strict=True):
            preparation = preparation_of(self.facts, fitted)
            shape = self.facts.schema.kind.network_shape(self.facts.shape, preparation)
            model, count = self.facts.recipe.model, self.facts.schema.task.outputs
            limits.check_size(model, shape, count, state)
            module = build(model, shape, count)
            fill(module, state)
            members.append((channels_last(module).eval(), preparation))
        return members

    @property
    def opaque(self) -> bool:
        """Whether onnxruntime runs the network: it has no gradients and no layers to look at."""
        return bool(self.graphs) or carries(self.facts)

    @property
    def module(self) -> nn.Module:
        """The network, in evaluation mode. It takes inputs that `preparation` has prepared.

        Raises SteadfitError for an ensemble, which is several: `members` has them all.
        """
        return self._single()[0]

    @property
    def preparation(self) -> Preparation:
        """How the network's inputs are prepared. Raises SteadfitError as `module`."""
        return self._single()[1]

    def _single(self) -> tuple[nn.Module, Preparation]:
        if len(self.weights) > 1:
            raise SteadfitError(
                f"The model must be a single network, got an ensemble of {len(self.weights)}. Use "
                "members, which has each network and its preparation."
            )
        return self.members[0]

    def export(self, path: str | Path, to: Format = "onnx") -> Path:
        """Save the model as a program that runs without steadfit; docs/export.md tells how.

        to: "onnx", or "torch" for what `torch.export.load` reads. The program takes unprepared
        inputs, any number of examples, and sequences of any length. Returns the path.

        Raises SteadfitError for an unknown format, a place that cannot be written, where packages
        are missing that the format needs (`pip install 'steadfit[export]'`), and `opaque`.
        """
        if self.opaque:
            raise SteadfitError(
                f"{self.facts.recipe.model.name} is run by onnxruntime, and torch cannot export "
                "it. Give the network as a module, or load the model with its code."
            )
        facts = self.facts
        made = program(facts.schema, facts.shape, self.members, facts.recipe.model.name)
        return export(made, path, to)

    def logits(self, x: Any) -> np.ndarray:
        """Each member's logits, or numbers in the targets' units; (members, examples, outputs).

        x: unprepared examples, one or several. Images: a path of a file or folder, images of
        Pillow's, arrays, or a list of these; files and images of Pillow's are resized as in
        training. Series: arrays or lists, (examples, steps, channels) or one of them, each of any
        length; a table of pandas' or polars'; a path. Texts: a text, a list of texts, a table, a
        pathlib.Path. And examples as `Dataset.x` has them.

        Raises SteadfitError for another shape, or other channels, for values that are not finite,
        images on another scale than those trained on, and of a language model.
        """
        x = self._checked(x)
        return np.stack([p.restore(outputs(m, p, x)).numpy() for m, p in self.members])

    def sampled_logits(self, x: Any, passes: int = 50, seed: int = 0) -> np.ndarray:
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
                "The passes would all be the same, because the network has no dropout. Train one "
                "with dropout."
            )
        return found

    def probabilities(self, x: Any) -> np.ndarray:
        """Of each class or label, shape (examples, outputs); those of classes sum to 1.

        Raises SteadfitError for a model of numbers."""
        return self.facts.schema.task.probabilities(self.logits(x))

    def predict(self, x: Any) -> np.ndarray:
        """The most probable class by name, shape (examples,); of several labels those that are more
        likely than not, in one text; or numbers (examples, outputs)."""
        return self.facts.schema.task.predict(self.logits(x))

    def forecast(
        self, past: Any, horizon: int | None = None, fill: str | None = None
    ) -> dict[str, np.ndarray]:
        """The next steps of each series, as columns: `pandas.DataFrame(model.forecast(past))`.

        past: a table like the one trained on, as a path or a frame of pandas', polars' or Arrow's;
        or series as `predict` takes them. It ends with the last known row of each series. horizon:
        steps, at most as many as were trained for, which is the default. fill: the rule by which
        a table's gaps are filled, of `steadfit.formats.gaps.FILLS`; None: as in training.
        Columns: `input`, the series; `time`, where the table has times; `step`, from 1; of each
        column that is forecast `prediction_NAME`, and the ends of its intervals `low_80_NAME`,
        `high_80_NAME`, `low_95_NAME`, `high_95_NAME`; or `quantile_0.1_NAME` and the like in their
        place, where quantiles were asked for.

        Raises SteadfitError for another task, a longer horizon, and another table.
        """
        return new_inputs.forecast(self, past, horizon, fill)

    def intervals(self, x: Any) -> Mapping[int, tuple[np.ndarray, np.ndarray]]:
        """The lower and upper ends of `predict`, each of its shape, by the level in percent.

        Of forecasts alone, 80 and 95: they should contain so many of the outcomes, and come from
        the errors of forecasts that were tested (`steadfit.tasks.coverage`). Empty for other
        models, and where quantiles are forecast.
        """
        checked = self._checked(x)
        task = self.facts.schema.task
        widths, fitted = self.facts.half_widths, self.members[0][1]
        return task.intervals(checked, self.predict(checked), widths, fitted)

    def with_intervals(self, tested: Dataset, predicted: np.ndarray) -> "TrainedModel":
        """The same with intervals made of the errors of tested predictions, shape (examples,
        outputs), or with quantiles that are calibrated by them; of other tasks the same."""
        task, fitted = tested.schema.task, self.members[0][1]
        widths = task.half_widths(tested.x, tested.y, predicted, fitted)
        shift = task.shifts(tested.x, tested.y, predicted, fitted)
        weights = self.weights if shift is None else tuple(moved(w, shift) for w in self.weights)
        facts = replace(self.facts, half_widths=dict(widths))
        return TrainedModel(facts, weights, self.graphs)

    def score_text(self, text: str) -> TextScore:
        """How well a language model predicts a new text, read from its beginning to its end.

        Raises SteadfitError for another task, and a text of unknown or too few tokens."""
        return text_score(self.facts.schema.task, self.members, text)

    def _checked(self, x: Any) -> Inputs:
        """The inputs as tensors. Raises SteadfitError for what the network does not take."""
        schema = self.facts.schema
        schema.task.check_answers()
        found = checked(schema.kind, x, schema.form)
        schema.task.check_inputs(found)
        schema.kind.check_values(found, self.members[0][1])
        return found

    def with_replicas(self, recipe: Recipe, replicas: Sequence[Replica]) -> "TrainedModel":
        """For the same data, the ensemble of these replicas of a recipe; read from a file, it has
        no code, and gets this model's."""
        network = self.facts.recipe.model.network
        if network is not None and recipe.model.name == self.facts.recipe.model.name:
            recipe = recipe.but(model=recipe.model.but(network=network))
        preparations = tuple(replica.preparation for replica in replicas)
        changes = {"recipe": recipe, "preparations": preparations}
        schema, shape = self.facts.schema, self.facts.shape
        weights = tuple(whole(recipe, schema, shape, replica) for replica in replicas)
        return TrainedModel(replace(self.facts, **changes), weights)

    def save(self, folder: str | Path) -> None:
        """Write the folder anew: model.json, and one safetensors file a member; of a person's own
        network that can be exported to ONNX, its graph too, so that it loads without its code.

        A model that is there already stays until the new one is whole. Raises SteadfitError where
        the folder cannot be written, or has files that are not a model's.
        """
        folder = Path(folder)
        prepare(folder)
        with whole_folder(folder) as new:
            for number, state in enumerate(self.weights):
                contiguous = {name: tensor.contiguous() for name, tensor in state.items()}
                (new / weights_file(number)).write_bytes(safetensors.torch.save(contiguous))
            for number, graph in enumerate(self._graphs()):
                (new / network_file(number)).write_bytes(graph)
            (new / FACTS).write_text(self.facts.to_json(), encoding="utf-8")

    def _graphs(self) -> tuple[bytes, ...]:
        """What the members compute, where the network is a person's own and can be exported."""
        if self.graphs or self.facts.recipe.model.network is None:
            return self.graphs
        with torch.random.fork_rng(devices=[]):  # to make the members draws weights
            return graphs_of(self.facts, self.members)

    @classmethod
    def load(
        cls, folder: str | Path, network: OwnNetwork | Pretrained | None = None
    ) -> "TrainedModel | TrainedReference":
        """Read what `save` wrote, or `TrainedReference.save`, as model.json says.

        folder: the model's, or that of the study or fit it is in. network: the person's own one
        that was trained, whose code no file holds; without it a model with graphs predicts all the
        same, by onnxruntime, and has no gradients.
        Raises SteadfitError where it is absent or damaged, and CodeNeededError where the code is
        needed.
        """
        folder = model_folder(Path(folder))
        with undamaged(folder):
            content = read_json(folder / FACTS)
            if (values := reference_values(content)) is not None:
                return TrainedReference.read(folder, values)
            facts = ModelFacts.from_json(content)
            files = [folder / weights_file(i) for i in range(len(facts.preparations))]
            graphs = graph_files(folder, facts, network)
            size = sum(file.stat().st_size for file in (*files, *graphs))
        limits.check_weights(f"The model in {folder}", size)
        with undamaged(folder):
            weights = tuple(map(read_weights, files))
            facts = facts if graphs else with_code(facts, network, weights[0])
            model = cls(facts, weights, tuple(path.read_bytes() for path in graphs))
            assert model.members is not None
        return model


def trained_model(recipe: Recipe, data: Dataset, replicas: Sequence[Replica]) -> TrainedModel:
    """The model that these replicas make: one network, or an ensemble of several."""
    preparations = tuple(one.preparation for one in replicas)
    schema, shape = data.schema, data.example_shape
    facts = ModelFacts(recipe, schema, shape, preparations)
    return TrainedModel(facts, tuple(whole(recipe, schema, shape, each) for each in replicas))
