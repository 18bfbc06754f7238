"""Outputs of a trained module."""

import torch
from torch import Tensor, nn

from steadfit.data import Preparation

_BATCH = 512


@torch.inference_mode()
def outputs(module: nn.Module, preparation: Preparation, x: Tensor, device: str = "cpu") -> Tensor:
    """Logits of the classes, or numbers as the network learned them; float32, on the CPU.

    x: unprepared examples, shape (examples, …). Returns shape (examples, outputs). The module is
    left in evaluation mode. `preparation.restore` brings numbers back to the data's units.
    """
    module.eval()
    parts = [module(preparation.inputs(part).to(device)) for part in x.split(_BATCH)]
    return torch.cat(parts).float().cpu()
