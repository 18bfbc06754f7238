"""What every test can count on: one thread, and hypothesis without a clock."""

import torch
from hypothesis import settings

settings.register_profile("steadfit", deadline=None, derandomize=True)
settings.load_profile("steadfit")
torch.set_num_threads(1)
