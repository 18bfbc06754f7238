"""What a study of many photos takes: 128×128 pixels, decoded once, never all in memory.

    python benchmarks/larger_than_memory.py 20000 40000

For each number: writes so many JPEG files of two classes, reads the folder twice, and compares two
arms by two folds (one epoch of `--model`, one worker). It prints processor seconds of the reading
process, and the most memory that the reading process, the study's process and a worker had of
their own: resident pages that no file backs (RssAnon and RssShmem of /proc/PID/status, polled every
tenth of a second). The pages of the mapped file are the system's cache, which all workers share.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path

SIDE = 128


def main() -> None:
    """One line a number of photos."""
    asked = argparse.ArgumentParser()
    asked.add_argument("counts", type=int, nargs="+")
    asked.add_argument("--model", default="linear")
    asked.add_argument("--place", type=Path, help="folder for the photos and what is decoded")
    given = asked.parse_args()
    print("photos  decoded    first read       second read    study     a worker")
    for count in given.counts:
        with tempfile.TemporaryDirectory(dir=given.place) as folder:
            measure(count, Path(folder), given.model)


def measure(count: int, folder: Path, model: str) -> None:
    """Print what one set takes."""
    write_photos(count, folder / "photos")
    time.sleep(2.5)  # what was written just now is not kept
    os.environ["STEADFIT_CACHE"] = str(folder / "cache")
    reading = [watched("read", folder, model) for _ in range(2)]
    studying = watched("study", folder, model)
    decoded = count * 3 * SIDE**2 / 1e9
    first, second = (f"{one.seconds:6.1f} s {one.driver / 1e9:5.2f} GB" for one in reading)
    print(f"{count:6,} {decoded:5.2f} GB {first} {second} {studying.driver / 1e9:5.2f} GB "
          f"{studying.worker / 1e9:5.2f} GB", flush=True)  # fmt: skip


def write_photos(count: int, folder: Path) -> None:
    """Smooth colours with noise on them; one class has more red."""
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(0)
    noise = rng.integers(0, 40, (64, SIDE, SIDE, 3))
    for name in ("cool", "warm"):
        (folder / name).mkdir(parents=True)
    for number in range(count):
        corners = rng.integers(0, 200, (2, 2, 3))
        corners[..., 0] += 15 * (number % 2)
        smooth = Image.fromarray(corners.astype(np.uint8)).resize(
            (SIDE, SIDE), Image.Resampling.BILINEAR
        )
        pixels = (np.asarray(smooth) + noise[number % len(noise)]).clip(0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(
            folder / ("warm" if number % 2 else "cool") / f"{number:06}.jpg"
        )


class Watched:
    """The most memory, in bytes, and the processor seconds of the first process."""

    def __init__(self) -> None:
        self.driver, self.worker, self.seconds = 0, 0, 0.0


def watched(what: str, folder: Path, model: str) -> Watched:
    """Run a part of the work in a process of its own, and watch it and those that it starts."""
    begun = subprocess.Popen(
        [sys.executable, __file__, what, str(folder), model], stdout=subprocess.PIPE, text=True
    )
    found = Watched()
    done = threading.Event()

    def poll() -> None:
        while not done.wait(0.1):
            for pid, is_first in family(begun.pid):
                used = of_its_own(pid)
                if is_first:
                    found.driver = max(found.driver, used)
                else:
                    found.worker = max(found.worker, used)

    poller = threading.Thread(target=poll)
    poller.start()
    said, _ = begun.communicate()
    done.set()
    poller.join()
    if begun.returncode:
        raise SystemExit(f"{what} failed.")
    found.seconds = float(said.split()[-1])
    return found


def family(first: int) -> list[tuple[int, bool]]:
    """A process and all below it, and whether it is the first."""
    below = defaultdict(list)
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        below[int(words[1])].append(int(entry.parent.name))
    found, left = [(first, True)], list(below[first])
    while left:
        pid = left.pop()
        found.append((pid, False))
        left += below[pid]
    return found


def of_its_own(pid: int) -> int:
    """Bytes of resident memory that no file backs."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(
        int(line.split()[1]) * 1024 for line in lines if line.startswith(("RssAnon", "RssShmem"))
    )


def work(what: str, folder: Path, model: str) -> None:
    """What is watched; prints processor seconds."""
    import steadfit as sf

    if what == "read":
        began = time.process_time()
        sf.read(folder / "photos", size=SIDE)
        print(time.process_time() - began)
        return
    data = sf.read(folder / "photos", size=SIDE)
    sf.study(data, model, "l2", folds=2, repetitions=1, variance="none", hand_over="none",
             training={"epochs": 1}, processes=1, out=folder / "run")  # fmt: skip
    print(time.process_time())


if __name__ == "__main__":
    if sys.argv[1] in ("read", "study"):
        work(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
    else:
        main()
