"""`Inputs`: examples of any kind."""

from torch import Tensor

from steadfit.kinds.ragged import Ragged
from steadfit.kinds.table import Table

Inputs = Tensor | Ragged | Table
