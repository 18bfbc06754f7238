"""torchvision beside a CPU build of torch: its wheel's compiled operators do not load there.

Networks and transforms need none of them, but importing torchvision asks for two by name.
"""

from importlib.util import find_spec

import pytest
import torch

_DETECTION = "Tensor dets, Tensor scores, float iou_threshold"
_KEPT: list[torch.library.Library] = []


def declare_operators() -> None:
    """Have torchvision import, compiled or not; skip where it or timm is not installed."""
    if find_spec("torchvision") is None or find_spec("timm") is None:
        pytest.skip("torchvision and timm are needed: pip install 'steadfit[vision]'")
    if _KEPT:
        return
    library = torch.library.Library("torchvision", "DEF")
    _KEPT.append(library)
    for name in ("nms", "qnms"):
        library.define(f"{name}({_DETECTION}) -> Tensor")
