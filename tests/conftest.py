"""What every test can count on: one thread, no clock, no told width; where real data is."""

import os
from pathlib import Path

import pytest
import torch
from hypothesis import settings

from steadfit import workers

settings.register_profile("steadfit", deadline=None, derandomize=True)
settings.load_profile("steadfit")
torch.set_num_threads(1)
os.environ.pop("COLUMNS", None)  # pytest-xdist sets it
os.unsetenv("COLUMNS")  # and so does readline, past os.environ, for every command that is started
workers.start_server(also=["sklearn.linear_model", "sklearn.ensemble"])  # for the many studies


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder that STEADFIT_DATA names, or data beside the project; skips without either."""
    named = os.environ.get("STEADFIT_DATA")
    folder = Path(named) if named else Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"{folder} is absent: name the folder with the real data in STEADFIT_DATA")
    return folder
