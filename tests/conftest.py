"""What every test can count on: one thread, hypothesis without a clock, no told width."""

import os

import torch
from hypothesis import settings

settings.register_profile("steadfit", deadline=None, derandomize=True)
settings.load_profile("steadfit")
torch.set_num_threads(1)
os.environ.pop("COLUMNS", None)  # pytest-xdist sets it
os.unsetenv("COLUMNS")  # and so does readline, past os.environ, for every command that is started
