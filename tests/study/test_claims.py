"""Claims: one process of all, on any machine, and none that is dead."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from steadfit.errors import SteadfitError
from steadfit.owner import Owner
from steadfit.study import claims
from steadfit.study.claims import DEAD, Claims
from steadfit.study.store import Store, open_store

KEY = "a" * 64
ELSEWHERE = Owner("0" * 12, 7, 42)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "store")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def left_by(store: Store, owner: Owner, key: str = KEY, number: int = 0) -> str:
    """A claim that this process left when it died; whose."""
    whose = f"{owner}-01234567"
    (store.claims / f"{key}.{number}").write_text(whose)
    (store.claims / f"beat-{whose}").write_text("000000000000")
    return whose


def ended() -> Owner:
    """A process of this machine that has ended: this one's number, and another beginning."""
    this = Owner.this()
    return Owner(this.place, this.pid, this.began + 1)


def test_of_many_at_once_one_has_it_and_then_the_next(store: Store) -> None:
    with ExitStack() as stack, ThreadPoolExecutor(8) as pool:
        every = [stack.enter_context(Claims(store)) for _ in range(8)]
        for _ in range(20):
            taken = list(pool.map(lambda one: one.take(KEY), every))
            assert sum(taken) == 1
            every[taken.index(True)].release(KEY)
    assert not list(store.claims.iterdir()), "nothing is left behind"


def test_of_many_that_find_a_dead_claim_one_takes_it(store: Store) -> None:
    if not Path("/proc/self/stat").exists():
        pytest.skip("the system does not tell when a process began")
    for number in range(20):
        key = f"{number:064x}"
        left_by(store, ended(), key)
        left_by(store, ended(), key, 1)  # of one that took it over, and died too
        (store.folder / f".new-{key[:45]}-{ELSEWHERE}-01234567").mkdir()
        with ExitStack() as stack, ThreadPoolExecutor(8) as pool:
            every = [stack.enter_context(Claims(store)) for _ in range(8)]
            assert sum(pool.map(lambda one, key=key: one.take(key), every)) == 1
            assert not list(store.folder.glob(".new-*")), "what the dead one left half written"
        with Claims(store) as next_one:
            assert next_one.take(key)


def test_of_a_machine_that_cannot_be_asked_the_beat_alone_counts(store: Store) -> None:
    """By the watcher's own clock: the times of files, which other clocks give, tell nothing."""
    clock = Clock()
    whose = left_by(store, ELSEWHERE)
    with Claims(store, clock) as ours:
        for time in (0, -(10**9), 10**10):  # a clock that jumps
            os.utime(store.claims / f"{KEY}.0", (time, time))
            os.utime(store.claims / f"beat-{whose}", (time, time))
            assert not ours.take(KEY)
        clock.now = DEAD - 1
        assert not ours.take(KEY)
        (store.claims / f"beat-{whose}").write_text("000000000001")
        clock.now = 2 * DEAD
        assert not ours.take(KEY), "it lives, however long nobody has looked"
        clock.now = 3 * DEAD + 1
        assert ours.take(KEY)


def test_a_claim_without_a_word_is_dead_a_minute_later(store: Store) -> None:
    """Its process died before it could write whose it is."""
    clock = Clock()
    (store.claims / f"{KEY}.0").write_text("")
    with Claims(store, clock) as ours:
        assert not ours.take(KEY)
        clock.now = DEAD + 1
        assert ours.take(KEY)


def test_a_process_that_has_claims_beats(store: Store, monkeypatch) -> None:
    monkeypatch.setattr(claims, "BEAT", 0.001)
    with Claims(store) as ours:
        ours.take(KEY)
        (beat,) = store.claims.glob("beat-*")
        before = beat.read_text()
        while beat.read_text() == before:
            pass
    assert not beat.exists()


@pytest.mark.parametrize("plant", [lambda path: path.symlink_to("mine"), os.mkfifo])
def test_a_claim_in_another_file_is_refused(store: Store, plant) -> None:
    (store.claims / "mine").write_text("years of work")
    plant(store.claims / f"{KEY}.0")
    with Claims(store) as ours, pytest.raises(SteadfitError, match="must be a file or absent"):
        ours.take(KEY)
    assert (store.claims / "mine").read_text() == "years of work"
