"""The options on the network and its training, the same for every command."""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from steadfit.cli.options import MODEL, CodeVersion, Set
from steadfit.cli.settings import named, nested
from steadfit.errors import SteadfitError


@Parameter(name="*")
@dataclass(frozen=True)
class Network:
    """A model by name, its settings, and those of its training; None: as the recipe has it."""

    model: Annotated[
        str | None,
        Parameter(
            group=MODEL,
            help="A model's name, a list of layers, a pretrained network: timm:NAME, "
            "torchvision:NAME or onnx:FILE, or your own: module:name. [default: convnet for "
            "images, mlp for tables, bag for texts, language for a plain text, linear for "
            "forecasts, resnet1d for classes of series and recurrent for their numbers]",
        ),
    ] = None
    weights: Annotated[
        str | None,
        Parameter(
            group=MODEL,
            help="File of a pretrained network's weights: safetensors, or a state_dict of torch's. "
            "[default: the library's own, if they lie in its cache]",
        ),
    ] = None
    code_version: CodeVersion = None
    set: Set = field(default_factory=list)
    train: Annotated[
        list[str],
        Parameter(
            group=MODEL,
            negative=(),
            show_default=False,
            help="A setting of the training: --train loss=brier. Repeat.",
        ),
    ] = field(default_factory=list)
    epochs: Annotated[
        int | None,
        Parameter(
            group=MODEL,
            help="Passes over the sample. [default: 20; over few examples more, for 100 steps of "
            "tables, 160 of images and 1000 of series and texts; 500 of resnet1d]",
        ),
    ] = None
    batch: Annotated[
        int | None, Parameter(group=MODEL, help="Examples a step. [default: 64, of resnet1d 16]")
    ] = None
    learning_rate: Annotated[
        float | None, Parameter(group=MODEL, help="Highest learning rate. [default: 0.002]")
    ] = None
    truncation: Annotated[
        int | None,
        Parameter(
            group=MODEL,
            help="Steps that a language model's gradient goes back. [default: 128]",
        ),
    ] = None
    arithmetic: Annotated[
        Literal["float32", "bfloat16"] | None,
        Parameter(group=MODEL, help="Number type of the forward pass. [default: float32]"),
    ] = None

    def given(self) -> Any:
        """The model, by its name or as a network of one's own; None where none was named."""
        if self.model is None:
            if self.weights is not None:
                raise SteadfitError(
                    "--weights are of a pretrained network. Name it too: --model timm:NAME."
                )
            return None
        from steadfit.models import OwnNetwork, is_pretrained, pretrained
        from steadfit.own_code import import_path

        if is_pretrained(self.model):
            return pretrained(self.model, self.weights)
        if self.weights is not None:
            return pretrained(import_path(self.model), self.weights, version=self.code_version)
        if self.code_version is not None:
            return OwnNetwork.of(self.model, self.code_version)
        return self.model

    def settings(self) -> dict[str, Any]:
        """The model's settings that were given."""
        return named(self.set)

    def training(self) -> dict[str, Any]:
        """The changes of the recipe's training that were given.

        `--train optimizer.name=sgd` changes a nested setting.
        """
        options = {
            "epochs": self.epochs,
            "batch": self.batch,
            "optimizer.learning_rate": self.learning_rate,
            "truncation": self.truncation,
            "precision": self.arithmetic,
        }
        told = {name: value for name, value in options.items() if value is not None}
        return nested(named(self.train, "--train loss=brier") | told)
