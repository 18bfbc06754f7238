"""Outputs of a trained module."""

import torch
from torch import Tensor, nn

from steadfit.data import Inputs, Preparation
from steadfit.training.batches import all_of, padded, placed, prepared


@torch.inference_mode()
def outputs(module: nn.Module, preparation: Preparation, x: Inputs, device: str = "cpu") -> Tensor:
    """Logits of the classes, or numbers as the network learned them; float32, on the CPU.

    x: unprepared examples, shape (examples, …). Returns shape (examples, outputs). The module is
    left in evaluation mode. `preparation.restore` brings numbers back to the data's units.

    What is given for a sequence does not depend on the others beyond the rounding of float32.
    """
    module.eval()
    take, batches = prepared(preparation, x), list(all_of(x))
    parts = [module(padded(placed(take(rows), device))).float().cpu() for rows in batches]
    found = torch.cat(parts)
    return torch.empty_like(found).index_copy_(0, torch.cat(batches), found)


def channels_last(module: nn.Module) -> nn.Module:
    """The module with its convolutions' weights laid out with channels last, which is faster."""
    return module.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
