"""The losses by name."""

from typing import Literal

Loss = Literal["cross_entropy", "brier", "zero_one", "squared"]
