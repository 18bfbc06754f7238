"""Figures of a trained network: its filters, its feature maps, what it looks at, what it doubts.

Each stands alone in a notebook: `first_filters(result.model).show()`. Colours are those of
`palette.LIGHT`; blue is above zero and orange below.
"""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import torch
from torch import Tensor

from steadfit.kinds.stored import Pixels
from steadfit.report import looking
from steadfit.report.frame import label
from steadfit.report.palette import LIGHT
from steadfit.report.tiles import Tiles
from steadfit.tasks.classes import probabilities
from steadfit.training import TrainedModel

NAME, LABELLED = 12, 5  # characters of a class's name below a picture, and such pictures in a row
ONE_SIDED = [LIGHT["tint"], LIGHT["better"]]
TWO_SIDED = [LIGHT["variance"], LIGHT["tint"], LIGHT["better"]]
GREYS = [[0, "#000000"], [1, "#ffffff"]]


def first_filters(model: TrainedModel) -> go.Figure:
    """The kernels of the first convolution, a tile each; the mean over the input's channels.

    Raises SteadfitError where there is no convolution over images.
    """
    kernels = looking.first_kernels(model).mean(1)
    return _maps(kernels, [f"filter {i}" for i in range(len(kernels))])


def feature_maps(model: TrainedModel, image: Tensor, layer: str) -> go.Figure:
    """What each channel of a layer gives for one image, a tile each.

    image: unprepared, shape (channels, height, width). layer: as conv1 or pool2.
    Raises SteadfitError for an unknown layer, and one that gives no maps.
    """
    maps = looking.activations(model, image[None], layer)[0]
    return _maps(maps, [f"{layer}, channel {i}" for i in range(len(maps))])


def saliency(
    model: TrainedModel, images: Tensor, classes: Sequence[str] | None = None
) -> go.Figure:
    """Images, and below each how strongly its pixels move the score of a class.

    images: unprepared, shape (images, channels, height, width). classes: one name an image; the
    predicted ones if None. `looking.saliency_maps` says what is drawn and what is raised.
    """
    return _explained(model, images, looking.saliency_maps(model, images, classes), classes)


def grad_cam(
    model: TrainedModel, images: Tensor, layer: str, classes: Sequence[str] | None = None
) -> go.Figure:
    """Images, and below each where a layer finds what speaks for a class.

    images, classes: as in `saliency`. layer: whose maps are weighted, best the last convolution.
    `looking.grad_cam_maps` says what is drawn and what is raised.
    """
    maps = looking.grad_cam_maps(model, images, layer, classes)
    return _explained(model, images, maps, classes)


def nearest_decision(
    model: TrainedModel,
    images: Pixels,
    count: int = 10,
    labels: Sequence[str] = (),
    logits: np.ndarray | None = None,
) -> go.Figure:
    """The images whose two most probable classes are nearest to each other, and those classes.

    images: what to choose from, most often the test points', unprepared, shape (images, channels,
    height, width). labels: the images' true classes, written below if given. logits: the model's,
    shape (members, images, classes), where they are known already.
    Raises SteadfitError where numbers are predicted.
    """
    known = None if logits is None else probabilities(logits)
    nearest = np.argsort(looking.margins(model, images, known), kind="stable")[:count]
    chosen = images[torch.from_numpy(nearest)]
    lines = 3 if labels else 2
    tiles = Tiles(len(chosen), chosen.shape[2] / chosen.shape[3], lines=lines, most=LABELLED)
    figure = tiles.frame()
    _add_images(figure, tiles, chosen)
    shown = model.probabilities(chosen) if known is None else known[nearest]
    for place, row in enumerate(shown):
        first, second = np.argsort(-row, kind="stable")[:2]
        said = [
            f"{_name(model.facts.schema.task.classes[k])} {100 * row[k]:.0f}%"
            for k in (first, second)
        ]
        if labels:
            said.append(f"is {_name(labels[int(nearest[place])])}")
        tiles.write(figure, place, "<br>".join(said))
    return figure


def colour_scale(colours: Sequence[str]) -> list[tuple[float, str]]:
    """These colours at equal distances, as plotly takes them."""
    return [(i / (len(colours) - 1), colour) for i, colour in enumerate(colours)]


def _maps(maps: np.ndarray, names: Sequence[str]) -> go.Figure:
    """A tile a map, on one scale."""
    tiles = Tiles(len(maps), maps.shape[1] / maps.shape[2])
    figure = tiles.frame()
    _add_maps(figure, tiles, maps, names, 0)
    return figure


def _explained(
    model: TrainedModel, images: Tensor, maps: np.ndarray, classes: Sequence[str] | None
) -> go.Figure:
    """Images, a map beneath each, and the class that the map is of."""
    named = [str(name) for name in model.predict(images)] if classes is None else list(classes)
    tiles = Tiles(len(images), images.shape[2] / images.shape[3], layers=2, lines=1, most=LABELLED)
    figure = tiles.frame()
    _add_images(figure, tiles, images)
    _add_maps(figure, tiles, maps / maps.max((1, 2), keepdims=True).clip(1e-30), named, 1)
    for place, name in enumerate(named):
        tiles.write(figure, place, _name(name))
    return figure


def _add_images(figure: go.Figure, tiles: Tiles, images: Tensor) -> None:
    """The images in their own colours, or in grey, from the darkest value to the lightest."""
    pixels = images.numpy().astype(np.float64)
    low, high = pixels.min(), pixels.max()
    for place, image in enumerate(pixels):
        if len(image) == 3:
            levels = (image.transpose(1, 2, 0) - low) / max(high - low, 1e-30) * 255
            tile = go.Image(z=levels.round().astype(np.uint8), hoverinfo="skip")
        else:
            tile = go.Heatmap(z=image.mean(0), zmin=low, zmax=high, colorscale=GREYS)
            tile.update(showscale=False, hoverinfo="skip")
        figure.add_trace(tile.update(tiles.placed(place, image.shape[1:])))


def _add_maps(
    figure: go.Figure, tiles: Tiles, maps: np.ndarray, names: Sequence[str], layer: int
) -> None:
    """The maps on one scale: from 0 where none is below, else as far below 0 as above."""
    reach = max(float(np.abs(maps).max()), 1e-30)
    signed = bool((maps < 0).any())
    scale = TWO_SIDED if signed else ONE_SIDED
    for place, (values, name) in enumerate(zip(maps, names, strict=True)):
        figure.add_heatmap(
            z=values,
            zmin=-reach if signed else 0,
            zmax=reach,
            colorscale=colour_scale(scale),
            showscale=False,
            hovertemplate=f"{label(name, 40)}: %{{z:.3g}}<extra></extra>",
            **tiles.placed(place, values.shape, layer),
        )


def _name(name: str) -> str:
    return label(name, NAME)
