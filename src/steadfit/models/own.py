"""Networks of one's own as models: a function, a class or an instance of nn.Module.

What a network gets: images as (batch, channels, height, width); series as (batch, steps, channels);
texts as token numbers (batch, steps), 0 beyond a text's end. A `forward` with a parameter `lengths`
gets the true lengths, int64 (batch,). It gives (batch, outputs), or a tuple that begins so.
"""

import copy
import hashlib
import inspect
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from steadfit.data import Dataset
from steadfit.errors import SteadfitError
from steadfit.kinds import Preparation, Text
from steadfit.models.layers import Shape
from steadfit.nn import Padded, swap
from steadfit.own_code import OwnCode, import_path
from steadfit.own_source import plain
from steadfit.recipe import Scalar, Training

SHAPE = ("shape", "input_shape")
OUTPUTS = ("outputs", "num_classes", "n_classes", "num_outputs", "n_outputs")


@dataclass(frozen=True, eq=False)
class OwnNetwork:
    """A network that a person brought, drawn anew for each replica.

    code: what makes it. make: from a shape, a number of outputs and settings to a module.
    parameters: the settings, keyword arguments with plain defaults. swapped: whether torch.nn's
    recurrent layers in it become ours on the CPU.
    """

    code: OwnCode
    parameters: tuple[inspect.Parameter, ...] = ()
    instance: nn.Module | None = field(default=None, repr=False)
    swapped: bool = True

    @property
    def name(self) -> str:
        return self.code.name

    @property
    def own_code(self) -> str:
        """The digest of the person's code."""
        return self.code.digest

    def check_portable(self) -> None:
        """Raise SteadfitError where it cannot be sent to a worker."""
        self.code.check_portable()

    def check(self, settings: Mapping[str, Scalar], training: Training) -> None:
        """Its training may be any."""

    def preparation(self, fitted: Preparation, data: Dataset) -> Preparation:
        """The inputs as the sample has them."""
        return fitted

    @cached_property
    def identity(self) -> Mapping[str, object]:
        """What tells it from another, for a replica's key."""
        return {"source": self.code.digest, "swapped": self.swapped}

    @classmethod
    def of(
        cls,
        what: "str | nn.Module | type[nn.Module] | Callable[..., nn.Module]",
        version: str | None = None,
        swapped: bool = True,
    ) -> "OwnNetwork":
        """A network from a function `(shape, outputs, **settings)`, a class, an instance, or the
        import path "module:name" of one.

        A class is called with what its parameters are named for: `shape` and `outputs` (or
        `num_classes`), or nothing. Weights of an instance are drawn anew by `reset_parameters`;
        frozen ones (`requires_grad=False`) stay. version: tells the code's versions apart where its
        source does not.
        Raises SteadfitError for anything else, and where weights cannot be drawn anew.
        """
        if isinstance(what, str):
            what = import_path(what)
        if isinstance(what, nn.Module):
            with torch.random.fork_rng(devices=[]):
                drawn_anew(what, type(what).__name__)  # raises where it cannot be
            return cls(_code_of(what, version), (), what, swapped)
        if not callable(what):
            raise SteadfitError(
                "model must be a name, a function, or a class or instance of nn.Module, got "
                f"{type(what).__name__}."
            )
        code = OwnCode.of(what, version)
        return cls(code, tuple(_settings(what, code.name)), None, swapped)

    def module(self, settings: Mapping[str, Scalar], shape: Shape, outputs: int) -> nn.Module:
        """The network with new weights, from torch's current generator.

        Raises SteadfitError where the code fails, or gives no module.
        """
        if self.instance is not None:
            made = drawn_anew(self.instance, self.name)
        else:
            made = self._called(settings, shape, outputs)
        return swap(made) if self.swapped else made

    def _called(self, settings: Mapping[str, Scalar], shape: Shape, outputs: int) -> nn.Module:
        given = dict(settings)
        for names, value in ((SHAPE, _shown(shape)), (OUTPUTS, outputs)):
            given |= {name: value for name in names if name in _names(self.code.what)}
        try:
            made = self.code.what(**given)
        except SteadfitError:
            raise
        except Exception as error:  # a person's code may raise anything
            raise SteadfitError(
                f"{self.name} raised {type(error).__name__} for examples of shape "
                f"{tuple(_shown(shape))} and {outputs} outputs: {error}"
            ) from error
        if not isinstance(made, nn.Module):
            raise SteadfitError(f"{self.name} must give an nn.Module, got {type(made).__name__}.")
        return made


class Adapted(nn.Module):
    """A person's network between what a batch is here and what its `forward` takes."""

    def __init__(self, network: nn.Module, name: str, outputs: int) -> None:
        super().__init__()
        self.network = network
        self._name, self._outputs = name, outputs
        self._lengths = "lengths" in inspect.signature(network.forward).parameters

    def forward(self, batch: Tensor | Padded) -> Tensor:
        found = self._of_sequences(batch) if isinstance(batch, Padded) else self.network(batch)
        if isinstance(found, tuple | list) and found:
            found = found[0]
        # no len(), which is a fixed number in a program that is exported
        count = (batch.values if isinstance(batch, Padded) else batch).shape[0]
        if not isinstance(found, Tensor) or found.shape != (count, self._outputs):
            got = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
            raise SteadfitError(
                f"{self._name} must give outputs of shape {(count, self._outputs)} for a batch of "
                f"{count}, got {got}. Its last layer must have {self._outputs} outputs."
            )
        return found

    def _of_sequences(self, batch: Padded) -> Any:
        values = batch.values
        filled = values if values.ndim == 2 else batch.filled(0.0)
        if values.ndim == 2 and batch.lengths is not None:
            filled = values.masked_fill(~batch.mask(), 0)
        if self._lengths:
            return self.network(filled, lengths=batch.ends() + 1)
        return self.network(filled)


def adapted(own: OwnNetwork, settings: Mapping[str, Scalar], shape: Shape, outputs: int) -> Adapted:
    """The network, its lazy parts made, with new weights; tried once on two examples.

    Raises SteadfitError where it does not take the examples, or answers in another shape.
    """
    module = Adapted(own.module(settings, shape, outputs), own.name, outputs)
    module.eval()
    try:
        with torch.no_grad():
            module(_blank(shape, 2))
    except SteadfitError:
        raise
    except Exception as error:
        said = str(error).splitlines()[0] if str(error) else ""
        raise SteadfitError(
            f"{own.name} raised {type(error).__name__} for a batch of shape "
            f"{_batch_shape(shape)}: {said}"
        ) from error
    return module


def check_own(own: OwnNetwork, settings: Mapping[str, Scalar], shape: Shape, outputs: int) -> None:
    """Raise SteadfitError where a network cannot be trained on such examples."""
    with torch.random.fork_rng(devices=[]):
        module = adapted(own, settings, shape, outputs)
        _check(module, own.name, shape)


def _check(module: Adapted, name: str, shape: Shape) -> None:
    if not any(p.requires_grad for p in module.parameters()):
        raise SteadfitError(f"{name} must have weights that are trained, got none.")
    batch = _blank(shape, 2)
    with torch.no_grad():
        first, second = module(batch), module(batch)
    if not torch.equal(first, second):
        raise SteadfitError(
            f"{name} must answer the same twice in evaluation mode, and does not. Where it "
            "uses F.dropout, pass training=self.training."
        )


def _blank(shape: Shape, count: int) -> Tensor | Padded:
    """A batch of examples in which nothing stands out."""
    if isinstance(shape, Text):
        return Padded(torch.ones((count, shape.steps), dtype=torch.int64))
    values = torch.linspace(-1, 1, max(1, count * math.prod(shape))).reshape(count, *_shown(shape))
    return Padded(values) if len(shape) == 2 else values


def _batch_shape(shape: Shape) -> tuple[int, ...]:
    return (2, shape.steps) if isinstance(shape, Text) else (2, *_shown(shape))


def _shown(shape: Shape) -> Shape:
    """As a network is told: of series (steps, channels), as it gets them."""
    return shape[::-1] if len(shape) == 2 and not isinstance(shape, Text) else shape


def _names(what: Callable[..., Any]) -> Sequence[str]:
    return tuple(inspect.signature(what).parameters)


def _settings(what: Callable[..., Any], name: str) -> Sequence[inspect.Parameter]:
    """The keyword arguments that have plain defaults. Raises SteadfitError for others without."""
    found = []
    for parameter in inspect.signature(what).parameters.values():
        if parameter.name in (*SHAPE, *OUTPUTS) or parameter.kind in (
            parameter.VAR_KEYWORD,
            parameter.VAR_POSITIONAL,
        ):
            continue
        if parameter.default is parameter.empty:
            raise SteadfitError(
                f"{name} must have only parameters with a default beside shape and outputs, got "
                f"{parameter.name}. Give it a default, or wrap it: lambda shape, outputs: ..."
            )
        if isinstance(parameter.default, bool | int | float | str):
            kind, of = inspect.Parameter.KEYWORD_ONLY, type(parameter.default)
            found.append(parameter.replace(kind=kind, annotation=of))
    return found


def drawn_anew(instance: nn.Module, name: str) -> nn.Module:
    """A copy with new weights, frozen ones apart."""
    made = copy.deepcopy(instance)
    stuck = [part for part in made.modules() if _learns(part) and _reset_of(part) is None]
    if not stuck:
        for part in made.modules():
            reset = _reset_of(part)
            if reset is not None and _learns(part):
                reset()
        return made
    try:
        again = type(instance)()
    except Exception:
        again = None
    shapes = {key: value.shape for key, value in instance.state_dict().items()}
    if again is None or {key: v.shape for key, v in again.state_dict().items()} != shapes:
        raise SteadfitError(
            f"The weights of {name} must be drawn anew for each training, and "
            f"{type(stuck[0]).__name__} has no reset_parameters(). Give the class, or a function "
            "that makes the network."
        )
    return again


def _learns(part: nn.Module) -> bool:
    return any(p is not None and p.requires_grad for p in part._parameters.values())


def _reset_of(part: nn.Module) -> Callable[[], None] | None:
    return getattr(part, "reset_parameters", None) or getattr(part, "_reset_parameters", None)


def _code_of(instance: nn.Module, version: str | None) -> OwnCode:
    """An instance is told by its class, by how it prints (layers and their sizes), and by the
    weights that stay."""
    code = OwnCode.of(type(instance), version)
    kept = {name: plain(p) for name, p in instance.named_parameters() if not p.requires_grad}
    whole = json.dumps([code.digest, repr(instance), kept])
    return replace(code, digest=hashlib.sha256(whole.encode()).hexdigest())
