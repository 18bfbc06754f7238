"""A process that is forked once its parent has threads answers."""

import subprocess
import sys

import pytest

SCRIPT = """
import multiprocessing, torch
import steadfit as sf

torch.set_num_threads(2)
layer, x = sf.nn.LSTM(16, 64), torch.randn(20, 32, 16)

def answers():
    return torch.get_num_threads(), layer(x)[0].square().sum().item()

here, context = answers(), multiprocessing.get_context("fork")
receiving, sending = context.Pipe(False)
child = context.Process(target=lambda: sending.send(answers()))
child.start()
there = receiving.recv() if receiving.poll(30) else child.kill()
print(here[0], there and (there[0], abs(there[1] / here[1] - 1) < 1e-5))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere Python forks only where it is told")
def test_a_forked_process_computes_with_one_thread() -> None:
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT], capture_output=True, text=True
    )
    assert found.stdout == "2 (1, True)\n", found.stderr
