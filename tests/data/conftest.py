"""Where the real data is."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder that STEADFIT_DATA names, or data beside the project; skips without either."""
    named = os.environ.get("STEADFIT_DATA")
    folder = Path(named) if named else Path(__file__).parents[3] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"{folder} is absent: name the folder with the real data in STEADFIT_DATA")
    return folder
