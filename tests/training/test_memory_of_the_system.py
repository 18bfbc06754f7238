"""Memory that is truly too small, by a limit of the system's: batches are halved, or a sentence."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

# In one process, as its imports take longer than the trainings. The limit is on what is taken
# beside the program itself; what one training has freed is the next one's, so the least is first.
PROGRAM = """
import io, json, resource, sys
from contextlib import redirect_stderr, redirect_stdout
from steadfit import api
from steadfit.cli import main

found = []
for room in 10, 120:
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + room * 2**20, -1))
    said, status = io.StringIO(), 0
    with redirect_stdout(said), redirect_stderr(said):
        try:
            main(["fit", "digits", "--limit", "1200", "--epochs", "1", "--batch", "1000", "--model",
                  "conv 64 3; relu; conv 64 3; relu; flatten; linear 10", "--out", sys.argv[1]])
        except SystemExit as end:
            status = end.code
    resource.setrlimit(resource.RLIMIT_AS, (-1, -1))
    found.append((status, said.getvalue()))
print(json.dumps(found))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's limit of the address space")
def test_a_batch_too_large_is_halved_and_too_little_for_two_examples_is_a_sentence(
    tmp_path: Path,
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "run")],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (none, refused), (some, halved) = json.loads(done.stdout)
    assert none == 2, refused
    assert "too little memory" in refused
    assert some == 0, halved
    assert "Memory was too small for the batches: they were halved" in halved
