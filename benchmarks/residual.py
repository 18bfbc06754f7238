"""The lecture's claim of section 2.4, measured: do additions let deep nets train?

    python benchmarks/residual.py

`plain` and `resnet` are the same layers without and with the additions. Each is trained on all
1,797 digits of 8 × 8 pixels with the same seed, with and without batch normalisation, and its
training loss taken after the last epoch. Before training, the norm of the loss's gradient with
respect to each convolution's weights is taken on one batch. Writes docs/lecture/residual.json.
"""

import argparse
import json
from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from steadfit.data import fit_preparation, read
from steadfit.errors import DivergedError
from steadfit.models import build
from steadfit.recipe import Recipe
from steadfit.training import fit

DEPTHS = (8, 20, 32, 56)
NORMS = ("none", "batch")
BATCH = 256
HOME = Path(__file__).parents[1] / "docs" / "lecture" / "residual.json"


def gradient_norms(recipe: Recipe, seed: int) -> list[float]:
    """Of each convolution's weights before training, from the input on."""
    digits = read("digits")
    batch = digits.take(torch.arange(BATCH))
    assert isinstance(batch.x, torch.Tensor)
    inputs = fit_preparation(digits, torch.arange(len(digits))).inputs(batch.x)
    torch.manual_seed(seed)
    module = build(recipe.model, tuple(digits.x.shape[1:]), digits.outputs)
    cross_entropy(module(inputs), batch.y).backward()
    convolutions = [part for part in module.modules() if isinstance(part, nn.Conv2d)]
    return [float(part.weight.grad.norm()) for part in convolutions if part.weight.grad is not None]


def training_losses(recipe: Recipe, seed: int) -> list[float]:
    """After each epoch; an empty list where training diverged."""
    digits = read("digits")
    everything = torch.arange(len(digits))
    try:
        return fit(recipe, digits, everything, digits, seed).curves["train_loss"]
    except DivergedError:
        return []


def main() -> None:
    """Measure, print a table, and write the figures."""
    parser = argparse.ArgumentParser(description="Plain nets against residual nets, by depth.")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--width", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=HOME)
    asked = parser.parse_args()
    torch.set_num_threads(1)  # for layers this small a second thread costs more than it gives
    found = []
    print(f"{'norm':6}{'model':8}{'depth':>6}{'training loss':>15}{'first':>10}{'last':>10}")
    for norm in NORMS:
        for depth in DEPTHS:
            for model in ("plain", "resnet"):
                recipe = Recipe().model_with(model, depth=depth, width=asked.width, norm=norm)
                recipe = recipe.training_with(epochs=asked.epochs)
                norms = gradient_norms(recipe, asked.seed)
                losses = training_losses(recipe, asked.seed)
                row = {"norm": norm, "model": model, "depth": depth}
                found.append({**row, "losses": losses, "gradient_norms": norms})
                loss = f"{losses[-1]:.4f}" if losses else "diverged"
                print(
                    f"{norm:6}{model:8}{depth:6}{loss:>15}{norms[0]:10.2g}{norms[-1]:10.2g}",
                    flush=True,
                )
    facts = {"epochs": asked.epochs, "width": asked.width, "seed": asked.seed}
    asked.out.write_text(json.dumps({**facts, "nets": found}) + "\n")


if __name__ == "__main__":
    main()
