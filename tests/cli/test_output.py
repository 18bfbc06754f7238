"""Where the command's output cannot be written: a sentence, never a traceback."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from steadfit.cli import main, terminal

HELP = [sys.executable, "-m", "steadfit", "--help"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_a_sentence() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(HELP, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.stderr == "steadfit: The output cannot be written: No space left on device.\n"
    assert done.returncode == 2


def test_a_told_width_is_kept_to(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "steadfit", "remedies"]
    told = {**os.environ, "COLUMNS": "40"}
    wide, narrow = (
        subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout
        for env in (None, told)
    )
    assert max(map(len, wide.splitlines())) > 40 >= max(map(len, narrow.splitlines()))


def test_a_reader_who_has_read_enough_is_no_error() -> None:
    with subprocess.Popen(HELP, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 1


def test_what_the_output_cannot_encode_is_escaped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"{k * k},{'b日'[k % 2]}\n" for k in range(30))
    (tmp_path / "t.csv").write_text("size,label\n" + rows, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    written = io.BytesIO()
    with io.TextIOWrapper(written, "ascii") as output:
        monkeypatch.setattr(sys, "stdout", output)
        with pytest.raises(SystemExit, match="0"):
            main(["fit", "t.csv", "--epochs", "1", "--no-reference"])
        output.flush()
        assert rb"t \xb7 30 rows" in written.getvalue()


def test_notes_name_the_options_of_the_command(capsys):
    terminal.Screen().notes(['The rows are told apart by id. If not, give kind="table".'])
    assert "give --kind table." in " ".join(capsys.readouterr().out.split())
