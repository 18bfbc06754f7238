"""How well a language model predicts a text, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steadfit.errors import counted

if TYPE_CHECKING:
    from steadfit.training import TextScore


def about_score(score: TextScore) -> str:
    """A sentence with the figures.

    The first token is given: no model of this kind says how a text begins.
    """
    one = score.unit.removesuffix("s")
    bits = (
        f"{score.bits_per_character:.3f} bits a character, {score.bits_per_byte:.3f} bits a byte, "
        if score.bits_per_character is not None and score.bits_per_byte is not None
        else ""
    )
    return (
        f"{counted(len(score.log_probabilities), score.unit)} after the first: {bits}"
        f"{score.nats:.4f} nats a {one}, perplexity {score.perplexity:.5g}."
    )
