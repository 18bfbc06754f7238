"""`steadfit cells` and `steadfit doctor`, as a person types them."""

import re
from xml.etree import ElementTree

import pytest
import torch

from steadfit.cells import CELLS, build
from steadfit.cli import checkup, main
from steadfit.nn import Recurrent


def run(arguments: list, capsys) -> tuple[int, str, str]:
    status = 0
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as stopped:
        status = stopped.code if isinstance(stopped.code, int) else 1
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_every_cell_is_listed_with_its_layers_number_of_weights(capsys) -> None:
    status, out, _ = run(["cells", "--input", 3, "--hidden", 5], capsys)
    assert status == 0
    rows = {line.split()[0]: line.split() for line in out.splitlines() if line}
    for name in CELLS:
        weights = sum(parameter.numel() for parameter in Recurrent(name, 3, 5).parameters())
        assert rows[name][-1] == f"{weights:,}"


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_is_described_and_drawn(name: str, capsys, tmp_path) -> None:
    file = tmp_path / "cell.svg"
    status, out, _ = run(["cells", name, "--svg", file], capsys)
    assert status == 0
    assert "h[t] = " in out
    assert "\\end{aligned}" in out
    assert ElementTree.parse(file).getroot().tag.endswith("svg")
    found = re.search(r"Weights: (.*) a unit; .* ([\d,]+)$", out, re.MULTILINE)
    assert found is not None
    sizes = {"I": 64, "H": 128, "": 1}
    terms = [term.partition(" ") for term in found[1].split(" + ")]
    per_unit = sum(int(count) * sizes[letter] for count, _, letter in terms)
    assert 128 * per_unit == int(found[2].replace(",", ""))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["grru"], 'Did you mean "gru"'),
        (["--svg", "file.svg"], "--svg draws one cell"),
        (["gru", "--input", 0], "must be 1 or more, got 0"),
    ],
)
def test_mistakes(arguments: list, said: str, capsys) -> None:
    status, _, err = run(["cells", *arguments], capsys)
    assert status == 2
    assert said in err


def test_doctor_tries_a_kernel(capsys, monkeypatch) -> None:
    monkeypatch.setattr(build, "_FLAGS", (*build._FLAGS, "-O0"))  # it is compiled anew, for seconds
    status, out, _ = run(["doctor"], capsys)
    assert status == 0
    for words in ("compiler", "instructions", "threads", "GPU", "data folder", torch.__version__):
        assert words in out


def test_doctor_finds_a_wrong_kernel(capsys, monkeypatch) -> None:
    def wrong(*arguments):
        result = checkup.run_reference(*arguments)
        return result._replace(outputs=result.outputs * (1 + 1e-6))

    monkeypatch.setattr(checkup, "run", wrong)
    status, out, _ = run(["doctor"], capsys)
    assert status == 1
    assert "WRONG: gru differs from the reference" in out


def test_doctor_tries_the_gpu_too(capsys, monkeypatch) -> None:
    """On a CPU that is taken for one, right, wrong, and with what a driver may raise."""
    monkeypatch.setattr(checkup.torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(checkup.torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(checkup, "GPU", "cpu")
    monkeypatch.setattr(checkup, "kernel", lambda: checkup.Outcome(True, ""))
    status, out, _ = run(["doctor"], capsys)
    assert status == 0
    assert "lstm on the GPU  by cuDNN, the first time" in " ".join(out.split(" " * 4))

    def wrong(*arguments):
        result = checkup.run_reference(*arguments)
        return result._replace(outputs=result.outputs * 1.01)

    def failing(*arguments):
        raise RuntimeError("no kernel image is available")

    for way, said in ((wrong, "WRONG: differs"), (failing, "no kernel image is available")):
        monkeypatch.setattr(checkup, "run_outputs", way)
        status, out, _ = run(["doctor"], capsys)
        assert status == 1
        assert said in out
