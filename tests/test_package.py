"""What `import steadfit as sf` gives."""

import importlib
import subprocess
import sys

import pytest

import steadfit as sf


@pytest.mark.parametrize("name", sf.__all__)
def test_each_name_is_there_and_stays_what_it_is(name):
    first = getattr(sf, name)
    importlib.import_module("steadfit.study.run")
    assert getattr(sf, name) is first


def test_study_is_the_function_though_a_subpackage_has_its_name():
    importlib.import_module("steadfit.study")
    assert callable(sf.study)


@pytest.mark.parametrize("room", ["cells", "nn", "models", "training", "report"])
def test_each_room_may_be_imported_first(room: str) -> None:
    subprocess.run([sys.executable, "-c", f"import steadfit.{room}"], check=True)
