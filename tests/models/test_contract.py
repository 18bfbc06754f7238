"""What every model of the registry must do; a new one is tested by being registered."""

import inspect
from typing import Literal, get_args, get_origin

import pytest
import torch
from torch import nn

from steadfit import models
from steadfit.errors import SteadfitError
from steadfit.recipe import Model, Scalar

SHAPES = [(1, 8, 8), (3, 8, 8), (1, 28, 28), (3, 37, 33)]
LIST = "conv 6 3 pad 1; relu; pool 2; residual (conv 6 3 pad 1); flatten; linear 9; tanh; linear 4"
ACTIVATIONS = (nn.ReLU, nn.Tanh, nn.Identity)
NAMES = [*models.MODELS, LIST]


def made(name: str, shape: tuple[int, ...] = (1, 8, 8), outputs: int = 4, **settings: Scalar):
    torch.manual_seed(0)
    return models.build(Model(name=name, settings=settings), shape, outputs)


def images(*shape: int, examples: int = 6) -> torch.Tensor:
    return torch.randn(examples, *shape, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("name", "outputs"), [(name, n) for name in models.MODELS for n in (1, 4)] + [(LIST, 4)]
)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_gives_one_row_an_example_and_gradients_to_every_weight(name, outputs, shape):
    module = made(name, shape, outputs)
    result = module(images(*shape))
    assert result.shape == (6, outputs)
    result.square().sum().backward()
    for name, weight in module.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.abs().sum() > 0, name


@pytest.mark.parametrize("name", NAMES)
def test_same_generator_same_weights(name):
    first, again = made(name).state_dict(), made(name).state_dict()
    torch.manual_seed(1)
    other = models.build(Model(name=name), (1, 8, 8), 4).state_dict()
    assert first.keys() == again.keys() == other.keys()
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


@pytest.mark.parametrize("name", NAMES)
def test_state_goes_to_another_module_and_back(name):
    module, other = made(name).eval(), models.build(Model(name=name), (1, 8, 8), 4).eval()
    x = images(1, 8, 8)
    assert not torch.equal(module(x), other(x))
    other.load_state_dict(module.state_dict())
    assert torch.equal(module(x), other(x))


@pytest.mark.parametrize("name", NAMES)
def test_channels_last_gives_the_same_and_stays_channels_last(name):
    shape = (3, 12, 10)
    module = made(name, shape).eval()
    x = images(*shape)
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
    if get_origin(hint) is Literal:
        return [value for value in get_args(hint) if value != default]
    if isinstance(default, bool):
        return [not default]
    if isinstance(default, int):
        return [next(n for n in range(default + 1, default + 20) if builds(name, setting.name, n))]
    return [0.5]


def builds(name: str, setting: str, value: Scalar) -> bool:
    try:
        made(name, **{setting: value})
    except SteadfitError:
        return False
    return True


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
    x = images(1, 16, 16)
    results = []
    for settings in ({}, {setting: value}):
        module = made(name, (1, 16, 16), **settings)
        torch.manual_seed(3)
        results.append((models.count(module), module(x)))
    (count, out), (other_count, other_out) = results
    assert out.shape == other_out.shape
    assert count != other_count or not torch.allclose(out, other_out)


@pytest.mark.parametrize("name", models.MODELS)
def test_every_setting_is_explained(name):
    doc = inspect.getdoc(models.MODELS[name]) or ""
    assert all(f"\n{setting}: " in doc for setting in models.settings(name))


@pytest.mark.parametrize("name", NAMES)
def test_half_the_width_is_smaller(name):
    assert models.count(made(name, width=0.5)) < models.count(made(name))


@pytest.mark.parametrize("name", NAMES)
def test_dropout_changes_training_only_and_no_initial_weight(name):
    dropped, whole = made(name, dropout=0.5), made(name)
    assert dropped.state_dict().keys() == whole.state_dict().keys()
    x = images(1, 8, 8)
    assert not torch.equal(dropped(x), dropped(x))
    dropped, whole = made(name, dropout=0.5).eval(), made(name).eval()
    assert torch.equal(dropped(x), whole(x))


@pytest.mark.parametrize("name", NAMES)
def test_table_agrees_with_the_module(name):
    """Parameters, and the shape that each layer gives, against the module that runs."""
    shape = (3, 17, 12)
    module = made(name, shape).eval()
    rows = models.shapes(Model(name=name), shape, 4)
    assert sum(row.parameters for row in rows) == models.count(module)
    given: list[tuple[int, ...]] = []
    for child in module.modules():
        if not list(child.children()) and not isinstance(child, ACTIVATIONS):
            child.register_forward_hook(lambda m, args, out: given.append(tuple(out.shape[1:])))
    module(images(*shape))
    other = {"Input", "Add", "ReLU", "Tanh"}  # ReLU may run after pooling, where it is cheaper
    assert given == [row.output for row in rows if row.layer.strip() not in other]
