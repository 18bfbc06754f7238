"""The cache of compiled cells: damaged and foreign files, folders of others, what is removed."""

import ctypes
import os
import stat
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from steadfit.cells import (
    BuildError,
    build,
    cache,
    cache_folder,
    cell,
    compiled,
    compiler,
    emit,
    run,
    run_reference,
    sigmoid,
)
from steadfit.errors import SteadfitError

SOURCE = 'extern "C" __attribute__((visibility("default"))) int answer() { return 42; }\n'
NOBODY = 65534


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Iterator[Path]:
    """An empty cache, and nothing said yet."""
    monkeypatch.setenv("STEADFIT_CACHE", str(tmp_path / "cache"))
    remembered = (cache._say, cache._own_folder, compiled.warn_once, build.compiler)
    for one in remembered:
        one.cache_clear()
    yield tmp_path / "cache"
    for one in remembered:
        one.cache_clear()


@pytest.fixture
def quick_compiler(monkeypatch) -> None:
    """A compiler that does not optimise, for all that every cell shares takes it seconds."""
    monkeypatch.setattr(build, "_FLAGS", (*build._FLAGS, "-O0"))


def answer() -> int:
    return build.build("test-float", SOURCE).answer()


@pytest.mark.parametrize("damage", ["empty", "rubbish", "cut off", "no record", "a link"])
def test_a_damaged_library_is_compiled_again(folder: Path, damage: str) -> None:
    assert answer() == 42
    (library,) = folder.glob("*.so")
    sound = library.read_bytes()
    elsewhere = folder.parent / "elsewhere.so"
    elsewhere.write_bytes(sound)
    if damage == "no record":
        cache.beside(library).unlink()
    else:
        library.unlink()  # a new file: the old one is mapped
        if damage == "a link":
            library.symlink_to(elsewhere)
        else:
            content = {"empty": b"", "rubbish": bytes(range(256)) * 80, "cut off": sound[:9000]}
            library.write_bytes(content[damage])
    assert answer() == 42
    assert not library.is_symlink()
    assert cache.finished(library)
    assert elsewhere.read_bytes() == sound


def test_a_library_that_fails_its_check_is_not_kept(folder: Path) -> None:
    def check(library: ctypes.CDLL) -> None:
        raise BuildError("wrong")

    with pytest.raises(BuildError, match="wrong"):
        build.build("test-float", SOURCE, check)
    assert not list(folder.glob("*.so"))
    assert answer() == 42


def test_a_library_that_ended_python_is_not_tried_again(folder: Path) -> None:
    program = (
        "import os\nfrom steadfit.cells.build import build\n"
        f"build('test-float', {SOURCE!r}, lambda library: os.abort())"
    )
    assert subprocess.run([sys.executable, "-c", program], stderr=subprocess.PIPE).returncode < 0
    with pytest.raises(BuildError, match="crashed Python") as caught:
        answer()
    (left,) = folder.glob("*.checking")
    assert str(left) in str(caught.value)
    left.unlink()
    assert answer() == 42


def test_a_link_in_place_of_a_source_is_not_followed(folder: Path) -> None:
    assert answer() == 42
    (source,), precious = folder.glob("*.cpp"), folder.parent / "precious"
    precious.write_text("keep")
    for path in folder.iterdir():
        path.unlink()
    source.symlink_to(precious)
    assert answer() == 42
    assert precious.read_text() == "keep"


def test_the_folder_is_its_owners_alone(folder: Path) -> None:
    assert cache_folder() == folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("writable", ["cache", "above"])
def test_a_folder_that_others_could_write_is_not_used(folder: Path, writable: str) -> None:
    folder.mkdir()
    (folder if writable == "cache" else folder.parent).chmod(0o777)
    with pytest.warns(UserWarning, match="other users could write") as said:
        used = cache_folder()
    assert len(said) == 1
    assert used != folder
    assert stat.S_IMODE(used.stat().st_mode) == 0o700
    assert cache_folder() == used  # a second warning would be an error


def test_the_name_of_a_folder_does_not_steer_the_terminal(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = folder.parent / "a\x1b[2J"
    named.mkdir()
    named.chmod(0o777)
    monkeypatch.setenv("STEADFIT_CACHE", str(named))
    with pytest.warns(UserWarning, match=r"a\\u001b\[2J") as said:
        cache_folder()
    assert "\x1b" not in str(said[0].message)


def test_a_folder_below_one_with_a_sticky_bit_is_used(folder: Path) -> None:
    folder.parent.chmod(0o1777)
    assert cache_folder() == folder


def test_a_library_that_others_could_write_is_not_loaded(folder: Path) -> None:
    assert answer() == 42
    (library,) = folder.glob("*.so")
    library.chmod(0o777)
    assert not cache.finished(library)


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be a second user")


@as_root
@pytest.mark.parametrize("owned", ["cache", "above", "a link to it"])
def test_a_folder_of_another_user_is_not_used(folder: Path, owned: str) -> None:
    real = folder.parent / "real"
    if owned == "a link to it":
        real.mkdir(mode=0o700)
        folder.symlink_to(real)
        os.lchown(folder, NOBODY, NOBODY)
    else:
        folder.mkdir(mode=0o700)
        os.chown(folder if owned == "cache" else folder.parent, NOBODY, NOBODY)
    with pytest.warns(UserWarning, match="belongs to another user"):
        assert cache_folder() != folder


@as_root
def test_another_user_gets_a_folder_of_his_own(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    program = f"""
import os, tempfile, warnings
from steadfit.cells import cache_folder
os.setgid({NOBODY}); os.setuid({NOBODY})
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    found = cache_folder()
assert len(said) == 1, said
assert found.stat().st_uid == {NOBODY} and found.stat().st_mode & 0o777 == 0o700, found
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_without_a_home_a_private_folder_is_used(folder: Path, monkeypatch) -> None:
    import pwd

    def absent(number: int) -> None:
        raise KeyError(number)

    for name in ("HOME", "XDG_CACHE_HOME", "STEADFIT_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", absent)
    with pytest.warns(UserWarning, match="there is no home folder") as said:
        used = cache_folder()
    assert len(said) == 1
    assert cache.unsafe(used) is None


def test_the_compiler_may_have_arguments(folder: Path, monkeypatch) -> None:
    plain, _ = compiler()
    build.compiler.cache_clear()
    monkeypatch.setenv("CXX", f"{plain} -O1 '-DA=\"b c\"'")
    assert compiler()[0].startswith(f"{plain} -O1 ")
    assert answer() == 42


def test_old_and_unfinished_files_are_removed_and_no_others(folder: Path, monkeypatch) -> None:
    folder.mkdir(mode=0o700)
    now = time.time()
    libraries = [folder / f"gru-float-{n:020x}.so" for n in range(4)]
    for number, library in enumerate(libraries):
        for suffix in (".so", ".sum", ".cpp", ".lock"):
            library.with_suffix(suffix).write_bytes(b"x" * 100)
            os.utime(library.with_suffix(suffix), (now - 9000, now - 9000))
        os.utime(library, (now - 5000 + number, now - 5000 + number))
    unfinished = [folder / f"gru-float-{9:020x}.so", folder / ".steadfit-abc"]
    fresh, foreign = folder / ".steadfit-new", folder / "letters.txt"
    for path in (*unfinished, fresh, foreign):
        path.write_bytes(b"x")
        if path != fresh:
            os.utime(path, (0, 0))
    monkeypatch.setattr(cache, "LIMIT", 250)
    cache.clean(folder, keep=libraries[0])
    left = {path.name for path in folder.iterdir()}
    kept = [libraries[0], libraries[3]]  # the one just made, and the one last used
    wanted = {p.with_suffix(s).name for p in kept for s in (".so", ".sum", ".cpp", ".lock")}
    assert left == wanted | {fresh.name, foreign.name}


@pytest.mark.usefixtures("quick_compiler")
def test_a_wrong_kernel_is_said_once_and_the_reference_runs(folder, draw, monkeypatch) -> None:
    @cell
    def compiled_wrongly(x, h, *, gate):
        return sigmoid(gate.only(x, h))

    def wrong(variants, real: str) -> str:
        return emit.source_text(variants, real).replace(" = sigmoid(", " = tanh(")

    monkeypatch.setattr(compiled, "source_text", wrong)
    drawn = draw(compiled_wrongly, 3, 2, 2, 3)
    with pytest.warns(UserWarning, match="does not give what its equations give") as said:
        found = drawn.by(run)
    assert len(said) == 1
    torch.testing.assert_close(found.outputs, drawn.by(run_reference).outputs)
    torch.testing.assert_close(drawn.by(run).outputs, found.outputs)
    assert not list(folder.glob("compiled_wrongly*.so"))


@pytest.mark.usefixtures("quick_compiler")
def test_names_are_identifiers_and_stay_out_of_paths_and_cpp(folder: Path, draw) -> None:
    def equations(x, größe, *, gate):
        nächste = sigmoid(gate.für(x, größe))
        return nächste

    equations.__name__ = "über_" + "lang" * 60
    drawn = draw(cell(equations), 3, 2, 2, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = drawn.by(run)
    torch.testing.assert_close(found.outputs, drawn.by(run_reference).outputs)
    assert all(path.name.isascii() and len(path.name) < 80 for path in folder.iterdir())
    (source,) = (path for path in folder.glob("*.cpp") if "lang" in path.name)
    assert source.read_bytes().isascii()
    equations.__name__ = "../../elsewhere"
    with pytest.raises(SteadfitError, match="name must be an identifier"):
        cell(equations)


def bad_gate(x, h, *, gate):
    return getattr(gate, "a\n#include <x>")(x, h)


def bad_peephole(x, h, *, gate, peephole):
    return getattr(peephole, "a b") * gate.a(x, h)


@pytest.mark.parametrize("equations", [bad_gate, bad_peephole])
def test_names_of_weights_are_identifiers(equations) -> None:
    with pytest.raises(SteadfitError, match="must be an identifier"):
        cell(equations)
