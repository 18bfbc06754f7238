"""PyTorch's own inputs for its recurrent modules, which the torch wheel brings, on ours.

What is asked of each is what PyTorch's tests of modules ask: the value of the reference, gradients
of first and second order by every way of autograd, copies, types, errors.
"""

import copy
import pickle
from collections.abc import Iterator
from functools import partial

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence
from torch.utils._pytree import tree_flatten, tree_map

from steadfit import nn as ours

pytestmark = pytest.mark.filterwarnings(
    "ignore:LSTM with projections is not supported with oneDNN",
    "ignore:dropout acts between layers",
    "ignore:`torch.jit.script` is deprecated",  # torch itself calls it for forward mode
)
KINDS = ("RNN", "GRU", "LSTM")
common = pytest.importorskip("torch.testing._internal.common_modules")
INFOS = {info.module_cls: info for info in common.module_db}


def samples(kind: str, dtype: torch.dtype, training: bool = True, grad: bool = True) -> list:
    info = INFOS[getattr(nn, kind)]
    return info.module_inputs_func(
        info, device="cpu", dtype=dtype, requires_grad=grad, training=training
    )


def built(kind: str, sample, dtype: torch.dtype) -> tuple[nn.Module, nn.Module]:
    """Our layer and torch's, with the same weights."""
    made = sample.constructor_input
    mine, theirs = (
        getattr(module, kind)(*made.args, **made.kwargs, dtype=dtype) for module in (ours, nn)
    )
    mine.load_state_dict(theirs.state_dict())
    return mine, theirs


def called(layer: nn.Module, sample):
    return layer(*sample.forward_input.args, **sample.forward_input.kwargs)


def tensors(result) -> list[Tensor]:
    return [t.data if isinstance(t, PackedSequence) else t for t in tree_flatten(result)[0]]


def cases(kind: str, dtype: torch.dtype, **options) -> Iterator[tuple]:
    for sample in samples(kind, dtype, **options):
        yield (sample, *built(kind, sample, dtype))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_values_and_gradients_are_torchs(kind: str, training: bool, dtype: torch.dtype) -> None:
    # the inputs reach 9, where gates saturate and float32 has few digits left
    close = {"rtol": 1e-4, "atol": 1e-4} if dtype == torch.float32 else {}
    for sample, mine, theirs in cases(kind, dtype, training=training):
        found = []
        for layer in (mine.train(training), theirs.train(training)):
            outputs = tensors(called(layer, sample))
            inputs = [*tensors(sample.forward_input.args), *layer.parameters()]
            total = sum(t.float().square().sum() for t in outputs)
            found.append((outputs, torch.autograd.grad(total, inputs, allow_unused=True)))
        torch.testing.assert_close(*found, **close)


@pytest.mark.parametrize("kind", KINDS)
def test_values_are_the_references(kind: str) -> None:
    for sample, mine, _ in cases(kind, torch.float64):
        if sample.reference_fn is None or isinstance(sample.forward_input.args[0], PackedSequence):
            continue
        expected = sample.reference_fn(mine, *sample.forward_input.args)
        torch.testing.assert_close(tensors(called(mine, sample)), tensors(expected))


@pytest.mark.parametrize("kind", KINDS)
def test_gradcheck_every_way(kind: str) -> None:
    for sample, mine, _ in list(cases(kind, torch.float64))[::11]:
        leaves = [*tensors(sample.forward_input.args), *mine.parameters()]

        def call(*values: Tensor, sample=sample, mine=mine):
            rest = iter(values)
            given = tree_map(lambda _: next(rest), sample.forward_input.args)
            names = [name for name, _ in mine.named_parameters()]
            weights = dict(zip(names, values[-len(names) :], strict=True))
            return tuple(tensors(torch.func.functional_call(mine, weights, given)))

        assert torch.autograd.gradcheck(
            call, leaves, check_batched_grad=True, check_forward_ad=True, fast_mode=True
        )
        assert torch.autograd.gradgradcheck(
            call, leaves, check_batched_grad=True, check_fwd_over_rev=True, fast_mode=True
        )


@pytest.mark.parametrize("kind", KINDS)
def test_non_contiguous_inputs_and_weights(kind: str) -> None:
    def scattered(tensor: Tensor) -> Tensor:
        wide = torch.empty(*tensor.shape, 2, dtype=tensor.dtype)
        wide[..., 0] = tensor.detach()
        return wide[..., 0].requires_grad_(tensor.requires_grad)

    for sample, mine, theirs in cases(kind, torch.float64):
        if isinstance(sample.forward_input.args[0], PackedSequence):
            continue
        args = tree_map(scattered, sample.forward_input.args)
        for parameter in mine.parameters():
            parameter.data = scattered(parameter.data)
        torch.testing.assert_close(tensors(mine(*args)), tensors(called(theirs, sample)))


@pytest.mark.parametrize("kind", KINDS)
def test_copies_types_and_pickles(kind: str) -> None:
    for sample, mine, _ in cases(kind, torch.float32, grad=False):
        expected = tensors(called(mine, sample))
        for copied in (copy.deepcopy(mine), pickle.loads(pickle.dumps(mine))):
            torch.testing.assert_close(tensors(called(copied, sample)), expected)
            assert repr(copied) == repr(mine)
        there_and_back = mine.double().float()
        torch.testing.assert_close(tensors(called(there_and_back, sample)), expected)
        assert all(p.is_meta for p in copy.deepcopy(mine).to_empty(device="meta").parameters())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("kind", KINDS)
def test_errors_are_torchs(kind: str, dtype: torch.dtype) -> None:
    info = INFOS[getattr(nn, kind)]
    found = info.module_error_inputs_func(
        info, device="cpu", dtype=dtype, requires_grad=False, training=True
    )
    assert found
    for error in found:
        made = error.module_error_input.constructor_input
        build = partial(getattr(ours, kind), *made.args, **made.kwargs)
        expected = pytest.raises(error.error_type, match=error.error_regex)
        if error.error_on is common.ModuleErrorEnum.CONSTRUCTION_ERROR:
            with expected:
                build()
        else:
            layer = build()
            with expected:
                called(layer, error.module_error_input)
