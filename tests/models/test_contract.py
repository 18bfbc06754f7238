"""What every model of the registry must do; a new one is tested by being registered."""

import inspect
from typing import Literal, get_args, get_origin

import pytest
import torch
from torch import nn

from steadfit import models
from steadfit.cells import CELLS
from steadfit.errors import SteadfitError
from steadfit.kinds import Text
from steadfit.nn import Padded, Residual
from steadfit.recipe import Model, Scalar

IMAGES = [(1, 8, 8), (3, 8, 8), (1, 28, 28), (3, 37, 33)]
SEQUENCES = [(1, 30), (3, 17), Text(20, 17), (2, 1), Text(5, 2)]
LONG = SEQUENCES[:3]  # recurrent weights do nothing at a first step
LIST = "conv 6 3 pad 1; relu; pool 2; residual (conv 6 3 pad 1); flatten; linear 9; tanh; linear 4"
ACTIVATIONS = (nn.ReLU, nn.Tanh, nn.Identity)
NAMES = [*models.MODELS, LIST]
NO_TEXTS = ("nhits",)  # of those that take series
BOTH = (True, False)


def made(name: str, shape: tuple[int, ...] = (), outputs: int = 4, **settings: Scalar):
    torch.manual_seed(0)
    return models.build(Model(name=name, settings=settings), shape or example(name), outputs)


def example(name: str) -> tuple[int, ...]:
    """The shape of an example that the model takes: an image, or else a series, or else a text."""
    for shape in ((1, 8, 8), (3, 17)):
        try:
            models.build(Model(name=name), shape, 4)
        except SteadfitError:
            continue
        return shape
    return Text(20, 17)


def answers(module: nn.Module, x: torch.Tensor | Padded) -> torch.Tensor:
    """A row an example; of a model that answers at every step, what it says at the last one."""
    out = module(x)
    if not isinstance(out, Padded):
        return out
    assert isinstance(x, Padded)
    return out.values[torch.arange(len(out.values)), x.ends()]


def sequences(name: str, shapes: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Those of these shapes that the model takes."""
    kinds = (True,) if isinstance(example(name), Text) else (False,) if name in NO_TEXTS else BOTH
    return [shape for shape in shapes if isinstance(shape, Text) in kinds]


def inputs(shape: tuple[int, ...], examples: int = 6) -> torch.Tensor | Padded:
    """Images; or series or texts of unequal lengths, the first longest, the last of one step."""
    generator = torch.Generator().manual_seed(1)
    if len(shape) == 3:
        return torch.randn(examples, *shape, generator=generator)
    lengths = torch.randint(1, shape[1] + 1, (examples,), generator=generator)
    lengths[0], lengths[-1] = shape[1], 1
    if isinstance(shape, Text):
        return Padded(
            torch.randint(1, shape[0], (examples, shape[1]), generator=generator), lengths
        )
    return Padded(torch.randn(examples, shape[1], shape[0], generator=generator), lengths)


MADE = [
    (name, shape, outputs)
    for name in models.MODELS
    for shape in (IMAGES if len(example(name)) == 3 else sequences(name, LONG))
    for outputs in (1, 4)
] + [(LIST, shape, 4) for shape in IMAGES]


@pytest.mark.parametrize(("name", "shape", "outputs"), MADE, ids=str)
def test_gives_one_row_an_example_and_gradients_to_every_weight(name, shape, outputs):
    module = made(name, shape, outputs)
    result = answers(module, inputs(shape))
    assert result.shape == (6, outputs)
    result.square().sum().backward()
    for name, weight in module.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.abs().sum() > 0, name


SETTINGS = [{}, {"bidirectional": True}, {"pooling": "last"}, {"pooling": "max"},
            {"pooling": "attention"}, {"norm": "layer"}, {"depth": 2, "residual": True},
            {"bidirectional": True, "pooling": "last"}, {"zoneout": 0.3}]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "shape"),
    [(name, shape) for name in models.MODELS if len(example(name)) == 2
     for shape in sequences(name, SEQUENCES)], ids=str,
)  # fmt: skip
def test_a_sequence_is_judged_by_itself(name, shape):
    """Among others, as in a batch of its own; and the padding may hold anything finite."""
    for settings in SETTINGS:
        if not settings.keys() <= models.settings(name).keys():
            continue
        try:
            module = made(name, shape, **settings)
        except SteadfitError:  # a pooling or norm that only another model has
            continue
        batch = inputs(shape)
        assert isinstance(batch, Padded)
        assert batch.lengths is not None
        with torch.no_grad():
            module(batch)  # batch normalisation gets running means
            together = answers(module.eval(), batch)
            rows = zip(batch.values, batch.lengths, strict=True)
            alone = [answers(module, Padded(values[:length][None])) for values, length in rows]
            other = batch.values.clone()
            other[~batch.mask()] = 3
            filled = answers(module, batch.but(other))
        torch.testing.assert_close(together, torch.cat(alone), rtol=0, atol=1e-6)
        torch.testing.assert_close(filled, together, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_same_generator_same_weights(name):
    first, again = made(name).state_dict(), made(name).state_dict()
    torch.manual_seed(1)
    other = models.build(Model(name=name), example(name), 4).state_dict()
    assert first.keys() == again.keys() == other.keys()
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


@pytest.mark.parametrize("name", NAMES)
def test_state_goes_to_another_module_and_back(name):
    module, other = made(name).eval(), models.build(Model(name=name), example(name), 4).eval()
    x = inputs(example(name))
    assert not torch.equal(answers(module, x), answers(other, x))
    other.load_state_dict(module.state_dict())
    assert torch.equal(answers(module, x), answers(other, x))


@pytest.mark.parametrize("name", [name for name in NAMES if len(example(name)) == 3])
def test_channels_last_gives_the_same_and_stays_channels_last(name):
    shape = (3, 12, 10)
    module = made(name, shape).eval()
    x = inputs(shape)
    assert isinstance(x, torch.Tensor)
    expected = module(x)
    module = module.to(memory_format=torch.channels_last)
    formats: dict[str, bool] = {}

    def note(name: str):
        def hook(module: nn.Module, args: tuple, out: torch.Tensor) -> None:
            if out.dim() == 4 and out.shape[1] > 1 and out.shape[2] > 1:
                formats[name] = out.is_contiguous(memory_format=torch.channels_last)

        return hook

    for part, child in module.named_modules():
        child.register_forward_hook(note(part))
    result = module(x.to(memory_format=torch.channels_last))
    torch.testing.assert_close(result, expected, rtol=1e-4, atol=1e-5)
    assert all(formats.values()), [part for part, kept in formats.items() if not kept]


def alternatives(name: str, setting: inspect.Parameter) -> list[Scalar]:
    """Other values than the default that the setting's type allows."""
    default, hint = setting.default, setting.annotation
    if setting.name == "cell":
        return [cell for cell in CELLS if cell != default]
    if get_origin(hint) is Literal:
        return [value for value in get_args(hint) if value != default]
    if isinstance(default, bool):
        return [not default]
    if isinstance(default, int):
        return [next(n for n in range(default + 1, default + 20) if builds(name, setting.name, n))]
    return [0.5]


def builds(name: str, setting: str, value: Scalar) -> bool:
    try:
        made(name, **needed(setting), **{setting: value})
    except SteadfitError:
        return False
    return True


def needed(setting: str) -> dict[str, Scalar]:
    """What another setting must be for this one to act."""
    return {"depth": 2} if setting == "residual" else {}


OFFERED = [
    (name, setting.name, value)
    for name, builder in models.MODELS.items()
    for setting in inspect.signature(builder).parameters.values()
    if setting.kind is setting.KEYWORD_ONLY
    for value in alternatives(name, setting)
] + [(LIST, "width", 0.5), (LIST, "dropout", 0.5)]


@pytest.mark.parametrize(("name", "setting", "value"), OFFERED)
def test_every_setting_does_something(name, setting, value):
    """In training mode, other outputs or other weights than the default's."""
    texts = setting == "embedding" or isinstance(example(name), Text)
    series = Text(20, 16) if texts else (3, 16)
    shape = series if len(example(name)) == 2 else (1, 16, 16)
    x = inputs(shape)
    results = []
    for settings in ({}, {setting: value}):
        module = made(name, shape, **needed(setting), **settings)
        torch.manual_seed(3)
        results.append((models.count(module), answers(module, x)))
    (count, out), (other_count, other_out) = results
    assert out.shape == other_out.shape
    assert count != other_count or not torch.allclose(out, other_out)


@pytest.mark.parametrize("name", models.MODELS)
def test_every_setting_is_explained(name):
    doc = inspect.getdoc(models.MODELS[name]) or ""
    assert all(f"\n{setting}: " in doc for setting in models.settings(name))


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"linear"}))
def test_half_the_width_is_smaller(name):
    assert models.count(made(name, width=0.5)) < models.count(made(name))


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"linear"}))
def test_dropout_changes_training_only_and_no_initial_weight(name):
    dropped, whole = made(name, dropout=0.5), made(name)
    assert dropped.state_dict().keys() == whole.state_dict().keys()
    x = inputs(example(name))
    assert not torch.equal(answers(dropped, x), answers(dropped, x))
    dropped, whole = made(name, dropout=0.5).eval(), made(name).eval()
    assert torch.equal(answers(dropped, x), answers(whole, x))


@pytest.mark.parametrize("name", NAMES)
def test_table_agrees_with_the_module(name):
    """Parameters, and the shape that each layer gives, against the module that runs."""
    shape = (3, 17, 12) if len(example(name)) == 3 else example(name)
    module = made(name, shape).eval()
    rows = models.shapes(Model(name=name), shape, 4)
    assert sum(row.parameters for row in rows) == models.count(module)
    given: list[tuple[int, ...]] = []

    def note(child: nn.Module, args: tuple, out: torch.Tensor | Padded) -> None:
        if isinstance(out, Padded):
            out = out.values.transpose(1, 2)
        given.append(tuple(out.shape[1:]))

    for chain in module.modules():
        for child in chain if isinstance(chain, nn.Sequential) else ():
            if not isinstance(getattr(child, "module", child), (*ACTIVATIONS, Residual)):
                child.register_forward_hook(note)
    module(inputs(shape))
    other = {"Input", "Add", "ReLU", "Tanh"}  # ReLU may run after pooling, where it is cheaper
    assert given == [row.output for row in rows if row.layer.strip() not in other]
