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


ROOMS = ("cells", "nn", "models", "training", "report")
EACH_FIRST = """
import os, sys
import torch  # which takes most of the time, and knows nothing of the rooms
for room in sys.argv[1:]:
    if not os.fork():
        __import__(f"steadfit.{room}")
        os._exit(0)
    assert os.wait()[1] == 0, room
"""


def test_each_room_may_be_imported_first() -> None:
    subprocess.run([sys.executable, "-c", EACH_FIRST, *ROOMS], check=True)
