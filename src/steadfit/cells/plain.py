"""Whether a kernel may be handed the memory of tensors.

A kernel reads numbers at an address. That is right only for tensors that are what they look like,
and only while nobody watches or replaces torch's operations.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor
from torch._C import _functorch  # type: ignore[attr-defined]
from torch.autograd import forward_ad
from torch.nn import Parameter

_TYPES = frozenset((Tensor, Parameter))  # a subclass may hold its numbers elsewhere
# What a tensor of a device tells that it is; batches of torch.vmap tell another.
_KEYS: Mapping[str, Any] = MappingProxyType(
    {"cpu": torch._C.DispatchKey.CPU, "cuda": torch._C.DispatchKey.CUDA}
)


def plain(tensors: Iterable[Tensor], device: str = "cpu") -> bool:
    """Whether these tensors are numbers in the memory of such a device, and nobody watches.

    Lengths may be on the CPU. False for other devices, layouts and subclasses (fake, distributed,
    nested), for lazy negation, and where `watched`.

    >>> plain([torch.ones(3)]), plain([torch.ones(3, device="meta")])
    (True, False)
    """
    return not watched() and all(
        type(t) in _TYPES
        and t.device.type in (device, "cpu")
        and t.layout is torch.strided
        and not t.is_neg()
        for t in tensors
    )


def readable(tensors: Sequence[Tensor]) -> bool:
    """Whether a kernel can read these: `plain`, and not the batches of is_grads_batched."""
    device = tensors[0].device.type
    return plain(tensors, device) and all(
        torch._C._dispatch_keys(tensor).has(_KEYS[tensor.device.type]) for tensor in tensors
    )


def watched() -> bool:
    """Whether something follows torch's operations, and would not see inside a kernel.

    A dispatch mode (make_fx, FakeTensorMode, FlopCounterMode), torch.jit.trace, forward-mode
    differentiation, or a transform of torch.func.
    """
    return bool(
        torch._C._len_torch_dispatch_stack()
        or torch._C._get_tracing_state() is not None
        or in_forward_mode()
        or torch._C._are_functorch_transforms_active()
    )


def in_forward_mode() -> bool:
    """Whether tensors may carry tangents of forward-mode differentiation."""
    return forward_ad._current_level >= 0


def in_vmap() -> bool:
    """Whether torch.vmap is at work."""
    return _functorch.TransformType.Vmap in _transforms()


def takes_tangents() -> bool:
    """Whether forward-mode differentiation is at work, by dual numbers or by torch.func.jvp."""
    return in_forward_mode() or _functorch.TransformType.Jvp in _transforms()


def _transforms() -> list[Any]:
    """The kinds of the transforms of torch.func that are at work."""
    if not torch._C._are_functorch_transforms_active():
        return []
    return [one.key() for one in _functorch.get_interpreter_stack() or ()]
