"""`Recipe`: every setting of one model and its training.

A recipe is frozen and prints as JSON, which is part of each replica's key. What a
model can be told (`Model.settings`) is defined by its builder's signature in
`steadfit.models`; here it is only a mapping of plain values.
"""

import json
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError

from steadfit.errors import SteadfitError
from steadfit.own_code import OwnCode
from steadfit.settings import OwnFunction, Settings, in_sentences

Scalar = bool | int | float | str
Share = Annotated[float, Field(ge=0, lt=1)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Model(Settings):
    """Which model, and what its builder is told (keyword arguments, by name).

    name: in the registry, or of a person's own network, which is `network` then
    (`steadfit.models.OwnNetwork`); that alone is code, and is not part of the JSON.
    """

    name: Annotated[str, Field(max_length=20_000)] = "convnet"  # bounds a list's number of layers
    settings: dict[str, Scalar] = Field(default_factory=dict)
    network: Any = Field(default=None, exclude=True, repr=False)


class Optimizer(Settings):
    """The optimiser and its schedule. The learning rate is the highest one reached.

    own: in place of `name`, a class as torch.optim has them, or a function from groups of
    parameters to an object of one; its rate is set before each step. own_schedule: in place of
    `schedule` and `warmup`, a function (step, steps), the first step being 0, to the share of the
    highest rate.
    """

    name: Literal["adamw", "sgd"] = "adamw"
    learning_rate: Positive = 2e-3
    schedule: Literal["constant", "cosine"] = "cosine"
    warmup: Share = 0.1  # share of the steps on which the rate rises linearly from 0
    momentum: Share = 0.9  # sgd only
    weight_decay: NonNegative = 0.0  # decoupled (Loshchilov and Hutter 2019); weights only
    own: OwnFunction = None
    own_schedule: OwnFunction = None


class Penalties(Settings):
    """Added to the loss (lecture 25, 2.1), on weights, never on biases or normalisation scales."""

    l1: NonNegative = 0.0  # lambda of lambda * sum |w|; a proximal step, so exact zeros
    l2: NonNegative = 0.0  # lambda of lambda * sum w^2


class EarlyStopping(Settings):
    """Stop when the validation loss has not improved; go back to the best epoch's weights."""

    share: Annotated[float, Field(gt=0, lt=1)] = 0.2  # of the sample's distinct examples
    patience: Annotated[int, Field(ge=1)] = 5  # epochs


class Augmentation(Settings):
    """Random changes of each training batch. Lengths are shares of the image's side or series.

    own: a person's function, of images or rows, from a prepared batch (float32, each channel or
    column with mean 0 and deviation 1) to one of the same shape; it draws from torch's generator.
    The JSON has its name and the digest of its source.
    """

    shift: Share = 0.0  # images: largest shift
    flip: bool = False  # images: left and right, with probability one half
    rotation: Annotated[float, Field(ge=0, le=180)] = 0.0  # images: largest angle, degrees
    noise: NonNegative = 0.0  # not texts: standard deviation, in units of the prepared inputs
    crop: Share = 0.0  # largest share cut away: of images' area, at a series' two ends together
    colour: Share = 0.0  # images: brightness in deviations, contrast and saturation, at most
    mixup: NonNegative = 0.0  # images: a of Beta(a, a), from which a pair's shares are drawn
    cutmix: NonNegative = 0.0  # images: the same, of a box of another image
    randaugment: Annotated[int, Field(ge=0, le=30)] = 0  # images: magnitude of RandAugment
    word_dropout: Share = 0.0  # texts: share of the tokens made unknown
    own: OwnFunction = None

    @property
    def unprepared(self) -> bool:
        """Whether examples are changed before they are prepared."""
        return bool(self.randaugment)

    @property
    def mixes(self) -> bool:
        """Whether examples are mixed with one another, and their labels too."""
        return bool(self.mixup or self.cutmix)


class Training(Settings):
    """How one replica is trained.

    own_loss: in place of `loss`, a person's function from a batch's outputs and targets to their
    mean loss, a tensor of one number. Of classes: logits (batch, classes) and class numbers
    (batch,). Of several labels: logits and booleans, both (batch, labels). Of numbers: both (batch,
    outputs), in units in which the targets have mean 0 and deviation 1; of forecasts, in units of
    each series' size. Arms are judged by the same measures
    as ever.
    """

    epochs: Annotated[int, Field(ge=1)] = 20
    batch: Annotated[int, Field(ge=1)] = 64
    loss: Literal["cross_entropy", "brier"] = "cross_entropy"  # of classes; numbers: squared error
    own_loss: OwnFunction = None
    optimizer: Optimizer = Optimizer()
    penalties: Penalties = Penalties()
    augmentation: Augmentation = Augmentation()
    clip: Positive | None = None  # largest global norm of the gradient (lecture 25, 2.2)
    max_norm: Positive | None = None  # largest length of a unit's incoming weights
    label_smoothing: Share = 0.0
    class_weight: Annotated[float, Field(ge=0, le=1)] = 0.0  # 1: rare classes count as much as any
    balanced_sampling: bool = False  # each batch has as many examples of every class
    calibrate: Share = 0.0  # of the sample's distinct examples, held out to fit a temperature
    early_stopping: EarlyStopping | None = None
    refit: bool = False  # what was held out has served: train anew on it too, for as many epochs
    truncation: Annotated[int, Field(ge=1)] = 128  # tokens: steps that a gradient goes back through
    average: Annotated[int, Field(ge=0)] = 0  # average the weights over this many last epochs
    precision: Literal["float32", "bfloat16"] = "float32"

    @property
    def codes(self) -> tuple[OwnCode, ...]:
        """The functions of a person's own."""
        own = (
            self.own_loss,
            self.augmentation.own,
            self.optimizer.own,
            self.optimizer.own_schedule,
        )
        return tuple(code for code in own if isinstance(code, OwnCode))


class Recipe(Settings):
    """Every setting of one model and its training.

    >>> recipe = Recipe().model_with(name="mlp").training_with(epochs=3)
    >>> recipe.model.name, recipe.training.epochs
    ('mlp', 3)
    >>> Recipe.from_json(recipe.to_json()) == recipe
    True
    """

    model: Model = Model()
    training: Training = Training()

    def model_with(self, name: str | None = None, **settings: Scalar) -> Self:
        """The recipe with another model, or with some of the model's settings changed."""
        model = Model.of(
            name=name or self.model.name,
            settings=dict(sorted({**self.model.settings, **settings}.items())),
            network=self.model.network if name in (None, self.model.name) else None,
        )
        return self.but(model=model)

    def training_with(self, **changes: Any) -> Self:
        """The recipe with some training settings changed; a dict changes a nested setting.

        >>> Recipe().training_with(penalties={"l2": 0.001}).training.penalties.l2
        0.001
        """
        old = dict(self.training)
        for name, value in changes.items():
            if isinstance(value, dict) and isinstance(old.get(name), Settings):
                changes[name] = old[name].but(**value)
        return self.but(training=self.training.but(**changes))

    def to_json(self) -> str:
        """Canonical JSON: keys sorted, no spaces. Equal recipes give equal text."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read `to_json`'s text. Raises SteadfitError for unknown names or values out of range."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise SteadfitError(in_sentences(cls, error)) from None
