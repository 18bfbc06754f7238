"""Outputs of a trained module."""

import torch
from torch import Tensor, nn

from steadfit.data import Inputs, Preparation

_BATCH = 512


@torch.inference_mode()
def outputs(module: nn.Module, preparation: Preparation, x: Inputs, device: str = "cpu") -> Tensor:
    """Logits of the classes, or numbers as the network learned them; float32, on the CPU.

    x: unprepared examples, shape (examples, …). Returns shape (examples, outputs). The module is
    left in evaluation mode. `preparation.restore` brings numbers back to the data's units.
    """
    module.eval()
    parts = [module(ready(preparation.inputs(part), device)) for part in x.split(_BATCH)]
    return torch.cat(parts).float().cpu()


def ready(inputs: Inputs, device: str) -> Inputs:
    """Prepared inputs where and as the module wants them: images with channels last in memory."""
    if isinstance(inputs, Tensor) and inputs.ndim == 4:
        return inputs.to(device, memory_format=torch.channels_last)
    return inputs.to(device)


def channels_last(module: nn.Module) -> nn.Module:
    """The module with its convolutions' weights laid out with channels last, which is faster."""
    return module.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
