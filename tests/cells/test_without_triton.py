"""steadfit where there is no Triton."""

import subprocess
import sys

import pytest
import torch

from steadfit.cells import compiled

PROGRAM = """
import sys
sys.modules["triton"] = None  # importing it fails
import steadfit as sf, torch
print(sf.nn.LSTM(2, 3)(torch.ones(4, 1, 2))[0].shape)
"""


def test_steadfit_needs_none_on_a_cpu() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert done.stdout.strip() == "torch.Size([4, 1, 3])", done.stderr


def test_its_absence_is_said_once(monkeypatch) -> None:
    monkeypatch.setattr(compiled, "_is_installed", lambda name: False)
    compiled.warn_once.cache_clear()
    with pytest.warns(UserWarning, match=r"step by step.*steadfit\[gpu\]"):
        assert not compiled.has_triton()
    assert not compiled.has_triton()  # a second warning would be an error


def test_the_question_does_not_split_a_compiled_graph(monkeypatch) -> None:
    monkeypatch.setattr(compiled, "_is_installed", lambda name: True)

    def added(x: torch.Tensor) -> torch.Tensor:
        return x + 1 if compiled.has_triton() else x

    found = torch.compile(added, fullgraph=True, backend="eager")(torch.zeros(2))
    assert found.tolist() == [1, 1]
