"""`Pretrained`: a network that was trained on other images, as a model."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import interpolate

from steadfit.data import Dataset
from steadfit.errors import SteadfitError
from steadfit.kinds import Preparation
from steadfit.kinds.stored import Stored
from steadfit.models.blocks import Width
from steadfit.models.layers import Shape, chain
from steadfit.models.pretrained.source import Source
from steadfit.models.pretrained.weights import Weights, fill_backbone
from steadfit.models.registry import layers
from steadfit.recipe import Augmentation, Model, Scalar, Share, Training

Learn = Literal["frozen", "tuned", "scratch"]
_TOGETHER = 1024  # images that are looked at for their largest value at a time
_FIRST = 0.1  # the rate of a network's first layers, as a share of that of its last


def _settings(
    *,
    learn: Learn = "frozen",
    side: Annotated[int, Field(ge=0, le=4096)] = 0,
    depth: Annotated[int, Field(ge=0, le=10)] = 0,
    width: Width = 1.0,
    dropout: Share = 0.0,
    slower: Annotated[float, Field(gt=0, le=1)] = 0.1,
) -> None:
    """The settings of a pretrained network.

    learn: "frozen", its features are computed once an image, and a head learns on them; "tuned",
        that head, and then all of it from there (Kumar et al. 2022, "Fine-tuning can distort
        pretrained features", section 4); "scratch", its weights are drawn anew.
    side: pixels of the longer side that images are brought to; 0: as it was trained on.
    depth: hidden layers of the head; 0: a linear one. width: each has this times 256 units.
    dropout: share of the units before each of the head's layers switched off in training.
    slower: of the head's learning rate, that of the network's last layers; its first ones have a
        tenth of that, and those between a geometric mean (Howard and Ruder 2018, 3.2).
    """


@dataclass(frozen=True, eq=False)
class Pretrained:
    """A network that was trained on other images, and its weights; a `steadfit.recipe.Model`'s
    `network`.

    weights: None where they are not at hand, which is enough to learn from scratch.
    start: the head that a tuned one begins with, by name; None: drawn anew.
    """

    source: Source
    weights: Weights | None
    start: Mapping[str, Tensor] | None = field(default=None, repr=False)

    swapped: ClassVar[bool] = False
    parameters: ClassVar[Sequence[inspect.Parameter]] = tuple(
        inspect.signature(_settings).parameters.values()
    )

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def own_code(self) -> str:
        return self.source.own_code

    @property
    def identity(self) -> Mapping[str, object]:
        """What tells it from another, for a replica's key."""
        digest = "" if self.weights is None else self.weights.digest
        preferred = self.source.preferred
        shown = [preferred.size, *preferred.mean, *preferred.std]
        return {"pretrained": self.name, "weights": digest, "source": self.own_code, "shown": shown}

    def check_portable(self) -> None:
        """Raise SteadfitError where it cannot be sent to a worker."""
        self.source.check_portable()

    def notes(self, settings: Mapping[str, Scalar], shape: Shape) -> tuple[str, ...]:
        """What is done, in sentences, with images of this shape."""
        side, longer = self.side(settings), max(shape[1:])
        ways = {
            "frozen": f"{self.name} stays as it is: its features of each image are computed once "
            "and kept, and a head learns on them. A replica has its own head, order and sample.",
            "tuned": f"{self.name} is tuned: a head learns on its features, and then all of it. A "
            "replica has its own head, order and sample, and the same weights to begin with.",
            "scratch": f"{self.name} learns from scratch: each replica draws all weights anew.",
        }
        preferred = self.source.preferred
        enlarged = f"Images of {shape[1]}×{shape[2]} pixels are enlarged to {side} for it."
        taken = (
            f"Nothing says how {self.name} was shown images, so they are shown as ImageNet's are: "
            f"from 0 to 1, less {preferred.mean}, divided by {preferred.std}. mean and std of "
            "steadfit.pretrained say otherwise."
        )
        return (
            ways[str(settings["learn"])],
            *([taken] if preferred.assumed else []),
            *([enlarged] if longer < side else []),
        )

    def check(self, settings: Mapping[str, Scalar], training: Training) -> None:
        """Raise SteadfitError for a training that does not go with these settings."""
        if settings["learn"] != "frozen" and not self.source.learns:
            raise SteadfitError(
                f"{self.name} can only be learned frozen, got {settings['learn']}, as its "
                "weights cannot learn. Leave learn out, or give the network as a module."
            )
        if settings["learn"] == "frozen" and training.augmentation != Augmentation():
            raise SteadfitError(
                f"Images are not changed where {self.name} is frozen, as its features are computed "
                "once an image. Leave augmentation out, or learn by tuned."
            )

    def check_shape(self, shape: Shape) -> None:
        """Raise SteadfitError for examples that are no images of 1 or 3 channels."""
        if len(shape) != 3 or shape[0] not in (1, 3):
            raise SteadfitError(
                f"{self.name} takes images of 1 or 3 channels, got examples of shape "
                f"{tuple(shape)}."
            )

    def side(self, settings: Mapping[str, Scalar]) -> int:
        """The longer side, in pixels, that images are brought to."""
        return int(settings["side"]) or self.source.preferred.size

    def module(self, settings: Mapping[str, Scalar], shape: Shape, outputs: int) -> "Transfer":
        """The network with a new head, drawn from torch's current generator.

        Raises SteadfitError for examples that are no images, and for weights that are not at hand.
        """
        self.check_shape(shape)
        backbone = self.backbone(settings)
        features = _width(backbone, self.side(settings), self.name)
        of_features = (features, 1, 1)
        head = chain.build(layers(head_model(settings), of_features, outputs), of_features)
        made = Transfer(backbone, head, features, self.side(settings), self.source.preferred.fixed)
        if self.start is not None:
            made.load_state_dict(self.start, strict=False)
        if settings["learn"] == "frozen":
            backbone.requires_grad_(False)
        if settings["learn"] == "tuned":
            _slow_down(backbone, float(settings["slower"]))
        return made

    def backbone(self, settings: Mapping[str, Scalar]) -> nn.Module:
        """The network without its last layer, its weights set unless it learns from scratch."""
        if settings["learn"] == "scratch":
            return self.source.drawn_anew()
        if self.weights is None:
            raise SteadfitError(
                f"The weights of {self.name} are needed to learn {settings['learn']}, and are not "
                f"at hand ({self.source.weights_place}). Nothing is fetched: give their file "
                "(--weights FILE, or weights=...), or learn from scratch (learn=scratch)."
            )
        made = self.source.backbone()
        fill_backbone(made, self.weights.read(), self.source.classifier, self.name)
        return made

    def preparation(self, fitted: Preparation, data: Dataset) -> Preparation:
        """The inputs scaled as the network was shown them, whatever the sample."""
        preferred = self.source.preferred
        assert isinstance(data.x, Tensor | Stored)
        of_one = data.x.dtype.is_floating_point and all(
            float(part.max()) <= 1 for part in data.x.split(_TOGETHER)
        )
        whole = 1.0 if of_one else 255.0
        mean, std = preferred.mean, preferred.std
        if len(fitted.mean) == 1:
            mean, std = (sum(mean) / 3,), (sum(std) / 3,)
        return replace(
            fitted, mean=tuple(whole * m for m in mean), std=tuple(whole * s for s in std)
        )


class Transfer(nn.Module):
    """Images of 1 or 3 channels, a network's features of them, and a head.

    The features have mean 0 and deviation 1 on the examples of the training, by `mean` and `std`.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self, backbone: nn.Module, head: nn.Module, features: int, side: int, square: bool
    ) -> None:
        super().__init__()
        self.backbone, self.head = backbone, head
        self._side, self._square = side, square
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("std", torch.ones(features))

    def forward(self, x: Tensor) -> Tensor:
        scaled = (self.features(x) - self.mean) / self.std
        return self.head(scaled[:, :, None, None])

    def features(self, x: Tensor) -> Tensor:
        """Of prepared images (batch, 1 or 3, height, width): (batch, features)."""
        if x.shape[1] == 1:
            x = x.expand(-1, 3, -1, -1)
        return _pooled(self.backbone(self._brought(x)))

    def _brought(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        scale = self._side / max(height, width)
        size = (max(1, round(height * scale)), max(1, round(width * scale)))
        if self._square:
            size = (self._side, self._side)
        if size == (height, width):
            return x
        shrunk = size[0] < height or size[1] < width
        return interpolate(x, size, mode="bilinear", align_corners=False, antialias=shrunk)


def head_model(settings: Mapping[str, Scalar]) -> Model:
    """The model of the head, for features of shape (features, 1, 1)."""
    dropped = settings["dropout"]
    if not settings["depth"]:
        return Model(name="linear", settings={"input_dropout": dropped})
    told = {name: settings[name] for name in ("depth", "width", "dropout")}
    return Model(name="mlp", settings={**told, "input_dropout": dropped})


def _width(backbone: nn.Module, side: int, name: str) -> int:
    """How many features there are. Raises SteadfitError where it takes no images of this size."""
    before = backbone.training
    try:
        with torch.no_grad():
            found = _pooled(backbone.eval()(torch.zeros(1, 3, side, side)))
    except Exception as error:  # a network may raise anything
        said = (str(error) or type(error).__name__).splitlines()[0][:200]
        raise SteadfitError(
            f"{name} does not take images of {side}×{side} pixels ({said}). Choose another side."
        ) from error
    backbone.train(before)
    if found.ndim != 2:
        raise SteadfitError(
            f"{name} must give features (batch, features), got {tuple(found.shape)} for one image."
        )
    return found.shape[1]


def _pooled(features: Tensor) -> Tensor:
    return features.mean((2, 3)) if features.ndim == 4 else features


def _slow_down(backbone: nn.Module, last: float) -> None:
    """Have the first layers learn slower than the last ones, and those slower than the head."""
    parts = [part for part in backbone.parameters() if part.requires_grad]
    for place, parameter in enumerate(parts):
        share = last * _FIRST ** (1 - (place + 1) / len(parts))
        parameter.rate_share = share  # pyright: ignore[reportAttributeAccessIssue]
