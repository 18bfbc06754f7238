"""The page's part on the networks themselves: what they look at, and what they carry along."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from steadfit.data import Dataset, Ragged
from steadfit.kinds.stored import Pixels, Stored
from steadfit.nn import Recurrent
from steadfit.recipe import Recipe
from steadfit.report import looking, wording
from steadfit.training import TrainedModel

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from steadfit.study.folder import Run

PIXELS = 60_000  # of all images in one figure, which keeps the page small
MOST_IMAGES, MOST_SEQUENCES = 10, 2
FOLLOWED = 32  # test sequences whose gradients are followed
LARGEST_MAP = 64  # pixels at a side, of a layer whose maps are drawn
MOST_LAYERS = 5  # whose maps are drawn
CHOOSE = "steadfit.report.inside.feature_maps(model, image, layer) draws those of any layer."


@dataclass(frozen=True)
class Drawing:
    """A figure with its heading, what is said above it, and what it is for who cannot see it."""

    heading: str
    caption: str
    alt: str
    figure: Figure


def drawings(run: Run) -> list[Drawing]:
    """What there is to see inside the network handed over, if it is one, for this kind of data."""
    model, test = run.model, run.tested.data
    if not isinstance(model, TrainedModel) or model.opaque:
        return []
    kind, task = test.schema.kind, test.schema.task
    parts = (OF_KIND.get(kind.name), OF_TASK.get(task.name))
    return [drawing for part in parts if part for drawing in part(run, model)]


def _of_images(run: Run, model: TrainedModel) -> Iterator[Drawing]:
    from steadfit.report import inside

    test, (module, _) = run.tested.data, model.members[0]
    assert isinstance(test.x, Tensor | Stored)
    labels = model.facts.schema.task.labels(test.y)
    convolutions = [name for name, part in module.named_modules() if isinstance(part, nn.Conv2d)]
    drawable = _drawable(model, test.x[:1], convolutions)
    if labels:
        yield from _of_decisions(model, test, labels, drawable)
    if convolutions and looking.first_kernels(model).shape[-1] > 1:
        yield Drawing(
            "What the first layer answers to",
            "The kernels of the first convolution, blue above zero and orange below. Edges and "
            "spots are a good sign; noise says that the layer has learned little.",
            "The kernels of the first convolution.",
            inside.first_filters(model),
        )
    yield from _of_maps(model, test.x[0], drawable)
    if labels:
        yield _near_decisions(run, model, labels)


def _of_decisions(
    model: TrainedModel, test: Dataset, labels: Sequence[str], drawable: Sequence[str]
) -> Iterator[Drawing]:
    from steadfit.report import inside

    assert isinstance(test.x, Tensor | Stored)
    rows = _one_a_class(test, _most(test.x))
    chosen = test.x[rows]
    yield Drawing(
        "What the model looks at",
        f"A test image of each class ({_named(labels, rows)}), and how strongly each of its pixels "
        "moves the score of the predicted class (its saliency). On the object is right; on the "
        "background, the model may have learned what the classes do not mean.",
        "Images, each with a map of its saliency.",
        inside.saliency(model, chosen),
    )
    for name in drawable[-1:]:
        yield Drawing(
            "Where it finds the class",
            f"The same images, and where the maps of {name} speak for the predicted class "
            "(Grad-CAM). Where a map is blank they speak, taken together, nowhere for it.",
            "Images, each with a map of what speaks for its class.",
            inside.grad_cam(model, chosen, name),
        )


def _of_maps(model: TrainedModel, image: Tensor, drawable: Sequence[str]) -> Iterator[Drawing]:
    """The maps of one image, a figure a layer."""
    from steadfit.report import inside

    for name in _spread(drawable, MOST_LAYERS):
        yield Drawing(
            f"What {name} makes of one image",
            f"The maps that {name} gives for the first test image, on one scale. {CHOOSE}",
            f"The maps of {name} for one image.",
            inside.feature_maps(model, image, name),
        )


def _named(labels: Sequence[str], rows: Tensor) -> str:
    """The labels of these test points."""
    named = (wording.printable(labels[row]) for row in map(int, rows))
    return ", ".join(wording.shortened(name, 20) for name in named)


def _near_decisions(run: Run, model: TrainedModel, labels: Sequence[str]) -> Drawing:
    from steadfit.report import inside

    test = run.tested.data
    assert isinstance(test.x, Tensor | Stored)
    told = np.stack([one.logits for one in run.members]) if run.members else None
    return Drawing(
        "Nearest the decision",
        "The test images whose two most probable classes are nearest to each other, for the model "
        "handed over. A mistake here is a close one; a wrong label would stand out.",
        "Images with their two most probable classes and their labels.",
        inside.nearest_decision(model, test.x, _most(test.x), labels, told),
    )


def _most(images: Pixels) -> int:
    """How many images of this size one figure shows."""
    return min(MOST_IMAGES, max(2, PIXELS // math.prod(images.shape[2:])))


def _spread(names: Sequence[str], most: int) -> list[str]:
    """At most so many of the names, evenly from the first to the last."""
    if len(names) <= most:
        return list(names)
    return [names[round(i * (len(names) - 1) / (most - 1))] for i in range(most)]


def _one_a_class(test: Dataset, most: int) -> Tensor:
    """The first test point of each class, of at most so many classes."""
    classes, first = np.unique(test.y.numpy(), return_index=True)
    return torch.from_numpy(first[: min(most, len(classes))])


def _ends_of_longest(lengths: Tensor) -> Tensor:
    """The first and the last of the longest sequences: neighbours in time are nearly the same."""
    longest = (lengths == lengths.max()).nonzero().squeeze(1)
    return longest[[0, -1]].unique()


def _drawable(model: TrainedModel, image: Tensor, layers: Sequence[str]) -> list[str]:
    """Those layers whose maps are neither single pixels nor too large to draw."""
    sizes = {name: looking.activations(model, image, name).shape[-2:] for name in layers}
    return [name for name, size in sizes.items() if min(size) >= 2 and max(size) <= LARGEST_MAP]


def _of_sequences(run: Run, model: TrainedModel) -> Iterator[Drawing]:
    module, _ = model.members[0]
    if any(isinstance(part, Recurrent) for part in module.modules()):
        yield from _gates(model, run.tested.data)
    if not model.facts.schema.task.every_step:
        yield from _reach(run, model)


def _gates(model: TrainedModel, test: Dataset) -> Iterator[Drawing]:
    from steadfit.report import through_time

    assert isinstance(test.x, Ragged)
    labels = model.facts.schema.task.labels(test.y)
    rows = _one_a_class(test, MOST_SEQUENCES) if labels else _ends_of_longest(test.x.lengths)
    cell = model.facts.recipe.model.settings.get("cell", "its cell")
    for row in rows.tolist():
        name = wording.printable(test.ids[row]) if test.ids else f"test point {row + 1}"
        kind = f", labelled {wording.printable(labels[row])}" if labels else ""
        yield Drawing(
            f"The gates along {name}",
            f"What the first recurrent layer ({cell}) of the model handed over does at each step "
            f"of one sequence{kind}: the means over its units, then each unit a row. A gate is "
            "blue where it is open and orange where it is shut; all else is blue above zero and "
            "orange below.",
            "Gates and states over the steps of one sequence.",
            through_time.gates(model, test.x[torch.tensor([row])]),
        )


def _reach(run: Run, model: TrainedModel) -> Iterator[Drawing]:
    from steadfit.report import through_time, unrolled

    test = run.tested.data
    part = test.take(torch.arange(min(FOLLOWED, len(test))))
    assert isinstance(part.x, Ragged)
    norms = {}
    for arm in run.result.arms:
        replica = run.network(arm.name)
        if replica is None:
            continue
        own = model.with_replicas(Recipe.of(**arm.settings), [replica])
        if any(isinstance(layer, Recurrent) for layer in own.members[0][0].modules()):
            norms[arm.name] = unrolled.gradient_by_lag(own, part.x, part.y)
    if norms:
        yield Drawing(
            "How far back gradients reach",
            "How much of the loss’s gradient at the last step is left at the steps before it, an "
            f"arm a line (its first replica, the median over {len(part)} test sequences). A line "
            "that falls says that what lies further back is hardly learned from: the gradient "
            "vanishes. One that rises says that it explodes, which clipping is for; the share of "
            "steps clipped is in the table of the training.",
            "Gradient norm against time lag, a line an arm.",
            through_time.gradient_reach(norms),
        )


def _forecasts(run: Run, model: TrainedModel) -> Iterator[Drawing]:
    from steadfit.report import forecast_figures

    tested = run.tested
    repetitions = run.repetitions(run.result.analysis.best)
    if repetitions:
        yield Drawing(
            "Forecasts over truth",
            "Forecasts of what was tested end to end, each made from the steps before it alone: "
            "the mean over the repetitions of the best arm, the band one standard deviation "
            "between them to either side, where there are several.",
            "Lines of the truth and of the forecasts over time.",
            forecast_figures.over_truth(tested.data, np.stack(repetitions)),
        )


# What there is to see of a kind of examples, and of a task beside it. Others have no figures.
_Part = Callable[["Run", TrainedModel], Iterable[Drawing]]
OF_KIND: Mapping[str, _Part] = {
    "images": _of_images,
    "series": _of_sequences,
    "texts": _of_sequences,
}
OF_TASK: Mapping[str, _Part] = {"forecast": _forecasts}
