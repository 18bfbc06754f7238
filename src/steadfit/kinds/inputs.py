"""`Inputs`: examples of any kind. `Batch`: those that a network is given at a time."""

from torch import Tensor

from steadfit.kinds.ragged import Ragged
from steadfit.kinds.stored import Stored
from steadfit.kinds.table import Table

Batch = Tensor | Ragged | Table  # in memory
Inputs = Batch | Stored
