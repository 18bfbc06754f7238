"""Files and folders that are whole or absent, whatever happens while they are written."""

import errno
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from steadfit.errors import SteadfitError
from steadfit.files import (
    check_file,
    make_ready,
    remove_unfinished,
    whole_folder,
    write_bytes,
    write_output,
    write_text,
)
from steadfit.owner import Owner

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def fails(error: OSError):
    def fail(*arguments, **options):
        raise error

    return fail


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_is_written_is_there_with_usual_permissions(tmp_path):
    write_text(tmp_path / "deep" / "é.txt", "ä")
    assert (tmp_path / "deep" / "é.txt").read_bytes() == "ä".encode()
    usual = tmp_path / "usual"
    usual.write_text("")
    assert stat.S_IMODE((tmp_path / "deep" / "é.txt").stat().st_mode) == stat.S_IMODE(
        usual.stat().st_mode
    )
    write_bytes(tmp_path / ("ü" * 127), b"")  # the longest name that a file can have
    assert left(tmp_path / "deep") == ["é.txt"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_file_that_cannot_be_finished_leaves_the_old_one(tmp_path, monkeypatch, step):
    path = tmp_path / "study.json"
    write_text(path, "old")
    monkeypatch.setattr(os, step, fails(FULL))
    with pytest.raises(
        SteadfitError, match=r"study.json cannot be written: No space left .*choose another folder"
    ):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert left(tmp_path) == ["study.json"]


@pytest.mark.parametrize("step", ["fsync", "rename"])
def test_a_folder_that_cannot_be_finished_leaves_the_old_one(tmp_path, monkeypatch, step):
    with whole_folder(tmp_path / "model") as new:
        (new / "a").write_text("old")
    monkeypatch.setattr(os, step, fails(FULL))
    with (
        pytest.raises(SteadfitError, match="model cannot be written: No space left"),
        whole_folder(tmp_path / "model") as new,
    ):
        (new / "a").write_text("new")
    assert (tmp_path / "model" / "a").read_text() == "old"
    assert left(tmp_path) == ["model"]


def test_a_folder_takes_the_place_of_the_old_one(tmp_path):
    for name in ("a", "b"):
        with whole_folder(tmp_path / "model") as new:
            (new / name).write_text("")
    assert left(tmp_path / "model") == ["b"]
    assert left(tmp_path) == ["model"]


def test_a_folder_that_cannot_take_the_place_leaves_the_old_one(tmp_path, monkeypatch):
    with whole_folder(tmp_path / "model") as new:
        (new / "a").write_text("old")
    real = os.rename

    def rename(source, target):
        if Path(target).name == "model" and "new" in (Path(source) / "a").read_text():
            raise FULL
        real(source, target)

    monkeypatch.setattr(os, "rename", rename)
    with pytest.raises(SteadfitError), whole_folder(tmp_path / "model") as new:
        (new / "a").write_text("new")
    assert (tmp_path / "model" / "a").read_text() == "old"
    assert left(tmp_path) == ["model"]


def test_many_may_write_one_folder_at_the_same_time(tmp_path):
    def write(number: int) -> None:
        for _ in range(30):
            with whole_folder(tmp_path / "model") as new:
                for name in ("a", "b"):
                    (new / name).write_text(str(number))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert left(tmp_path) == ["model"]
    assert len({path.read_text() for path in (tmp_path / "model").iterdir()}) == 1


def test_another_error_leaves_nothing(tmp_path):
    with pytest.raises(KeyError), whole_folder(tmp_path / "model") as new:
        raise KeyError((new / "a").write_text(""))
    assert left(tmp_path) == []


@pytest.mark.parametrize("target", ["real", "absent", "folder", "link"])
def test_nothing_is_written_through_a_link(tmp_path, target):
    write_text(tmp_path / "real", "old")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(target)
    before = left(tmp_path)
    for write in (write_text, write_output):
        with pytest.raises(
            SteadfitError, match=f"link must be a file or absent, got a link to {target}"
        ):
            write(tmp_path / "link", "new")
    assert (tmp_path / "real").read_text() == "old"
    assert left(tmp_path) == before


def test_a_person_may_want_output_in_a_pipe_also_through_a_link(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    (tmp_path / "link").symlink_to("pipe")
    for name in ("pipe", "link"):
        write_output(tmp_path / name, "through")
        assert os.read(reader, 20) == b"through"
    os.close(reader)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_what_is_no_file_is_neither_waited_for_nor_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name, found in (("pipe", "a named pipe"), ("folder", "a folder")):
        for write in (check_file, lambda path: write_text(path, "")):
            with pytest.raises(SteadfitError, match=f"must be a file or absent, got {found}"):
                write(tmp_path / name)
    assert left(tmp_path) == ["folder", "pipe"]


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs Linux's /proc, which is fixed")
def test_a_place_that_cannot_be_written_is_said_at_once(tmp_path):
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file" / "run", Path("/proc/steadfit")):
        with pytest.raises(SteadfitError, match="cannot be written"):
            make_ready(place)
    make_ready(tmp_path / "new" / "run")
    assert left(tmp_path / "new" / "run") == []


KILLED = """
import os, signal, sys
from pathlib import Path
from steadfit.files import whole_folder
with whole_folder(Path(sys.argv[1])) as new:
    (new / "a").write_text("new")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path):
    subprocess.run([sys.executable, "-c", KILLED, tmp_path / "model"], check=False)
    (tmp_path / ".new-models-0").mkdir()
    assert len(left(tmp_path)) == 2
    remove_unfinished(tmp_path / "model")
    assert left(tmp_path) == [".new-models-0"]


UNFINISHED = """
import os, signal, sys
from pathlib import Path
from steadfit import files
os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)
files.write_text(Path(sys.argv[1]), "new")
"""


def test_a_folder_to_be_written_loses_what_killed_processes_left_in_it(tmp_path):
    """Whatever they wrote; what a process writes that lives, here or elsewhere, stays."""
    for path in (tmp_path / "study.json", tmp_path / ("ü" * 127)):
        subprocess.run([sys.executable, "-c", UNFINISHED, path], check=False)
    subprocess.run([sys.executable, "-c", KILLED, tmp_path / "model"], check=False)
    assert len(left(tmp_path)) == 3
    elsewhere = Owner("0" * 12, 7, 42)
    (tmp_path / f".new-model-{elsewhere}-01234567").mkdir()
    (tmp_path / ".new-thing").write_text("a person's own")
    with whole_folder(tmp_path / "model") as new:
        make_ready(tmp_path)
        assert left(tmp_path) == sorted(
            [new.name, f".new-model-{elsewhere}-01234567", ".new-thing"]
        )


def test_an_owner_has_ended_when_its_process_has(tmp_path):
    """Also while its parent has not asked for it, and when another process has its number."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = replace(Owner.this(), pid=process.pid)
    if Path("/proc/self/stat").exists():
        ticks = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[19]
        assert owner.has_ended(), "it has the number alone"
        owner = replace(owner, began=int(ticks))
    assert Owner.read(str(owner)) == owner
    assert not owner.has_ended()
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert owner.has_ended()
    assert not replace(owner, place="0" * 12).has_ended(), "nothing is known of other machines"
    process.communicate()
