"""Recurrent layers among torch's tracers: fx, and torch.compile without fullgraph."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch._compile import _disable_dynamo
from torch.fx import Proxy
from torch.nn.utils.rnn import PackedSequence


def traced(layer: nn.Module, input: Proxy, hx: Any, lengths: Any) -> Proxy:
    """The layer as a leaf of the graph that torch.fx traces, as torch.nn's layers are."""
    given = {"hx": hx, "lengths": lengths}
    named = {name: value for name, value in given.items() if value is not None}
    tracer: Any = input.tracer
    return tracer.create_proxy("call_module", tracer.path_of_module(layer), (input,), named)


def leaves_the_graph(layer: nn.Module, input: Tensor | PackedSequence) -> bool:
    """Whether torch.compile should run this layer beside its graph, as it runs torch.nn's.

    A graph of torch.compile cannot be differentiated twice, and eager layers can; so the layer
    stays inside only where nothing is differentiated, or where one graph is asked for
    (fullgraph=True, torch.export).
    """
    if not torch.compiler.is_compiling() or not torch.is_grad_enabled():
        return False
    data = input.data if isinstance(input, PackedSequence) else input
    if not (data.requires_grad or any(p.requires_grad for p in layer.parameters())):
        return False
    return not _one_graph()


def _one_graph() -> bool:
    """Whether the compilation that is under way may not split its graph."""
    from torch._dynamo.symbolic_convert import InstructionTranslator

    try:
        now: Any = InstructionTranslator.current_tx()
    except AttributeError:  # torch.export without Dynamo
        return True
    return bool(now.one_graph or now.error_on_graph_break)


# Dynamo then calls the function while it compiles, and takes what it says for a constant.
_one_graph._dynamo_marked_constant = True  # type: ignore[attr-defined]


def outside_the_graph(method: Callable[..., Any]) -> Callable[..., Any]:
    """The method, which torch.compile does not look into."""
    return _disable_dynamo(method)
