"""The kinds by name."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from torch import Tensor

from steadfit.errors import SteadfitError
from steadfit.formats import Form
from steadfit.kinds.base import Kind
from steadfit.kinds.images import Images
from steadfit.kinds.series import Series
from steadfit.kinds.tables import Tables
from steadfit.kinds.texts import Texts

KINDS: Mapping[str, type[Kind[Any]]] = MappingProxyType(
    {kind.name: kind for kind in (Images, Series, Texts, Tables)}
)


def kind_of(x: Any) -> Kind[Any]:
    """The kind of these examples. Raises SteadfitError for what no kind holds.

    >>> import torch
    >>> kind_of(torch.zeros(5, 1, 8, 8))
    Images(channels=1, height=8, width=8, white=65535, framing='pad')
    """
    for kind in KINDS.values():
        if kind.holds(x):
            return kind.of(x)
    shape = getattr(x, "shape", None)
    what = type(x).__name__ if shape is None else f"{type(x).__name__} of shape {tuple(shape)}"
    raise SteadfitError(
        f"Examples must be {', '.join(KINDS)}, got {what}. Give images as (examples, channels, "
        "height, width), series and texts as steadfit.data.Ragged, tables as steadfit.data.Table."
    )


def checked(kind: Kind[Any], x: Any, form: Form | None = None) -> Any:
    """These inputs, which may come from anywhere, as a model of this kind takes them.

    x: examples of some kind, or what `Kind.from_memory` takes. form: of the table that was trained
    on. Raises SteadfitError for examples of another kind, and for values that are not finite.
    """
    if not any(each.holds(x) for each in KINDS.values()):
        x = kind.from_memory(x, form)
    found = kind_of(x)
    if found != kind:
        raise SteadfitError(f"The model takes {kind}, got {found}. Bring them to that form first.")
    wrong = Tensor.isinf if kind.holes else lambda values: ~Tensor.isfinite(values)
    if any(wrong(tensor).any() for tensor in kind.tensors(x)):
        raise SteadfitError("Inputs must be finite, got NaN or infinity. Fix or remove them.")
    return x
