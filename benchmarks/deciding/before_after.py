"""What studies say, train and take: the design of commit 542267c, and today's.

    STEADFIT_DATA=FOLDER python benchmarks/deciding/before_after.py [--only digits Airline]

Runs `steadfit study` on each data set from a worktree of that commit and from this one, with the
same interpreter and each with kernels of its own, and prints a table: the word for each arm, the
arm handed over, the strongest reference model beside it, half the length of the 95% interval of a
change for training on these data, in percent of the baseline's loss (the median over arms),
trainings, and seconds. Recurrent kernels are compiled in the first study that needs them.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMIT = "542267c"
HERE = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("STEADFIT_DATA", "../shared/data"))
STUDIES = {
    "digits": ["digits"],
    "MNIST, 2,000": ["mnist", "--limit", "2000"],
    "JapaneseVowels": [f"{FOLDER}/series/JapaneseVowels/JapaneseVowels_TRAIN.ts"],
    "films, 2,000": [f"{FOLDER}/text/movie_reviews.csv", "--limit", "2000"],
    "Airline": [f"{FOLDER}/forecast/Airline.csv", "--target", "Passengers", "--horizon", "6"],
}


@dataclass(frozen=True)
class Told:
    """words: of each arm. half: the median over arms of half an interval's length, over the
    baseline's loss. reference: the strongest one, "" where there is none."""

    words: Mapping[str, str]
    losses: Mapping[str, float]
    best: str
    half: float
    trainings: int
    seconds: float
    reference: str = ""


def before() -> Path:
    """A worktree of the earlier commit: one that there is, or a new one in the folder for what is
    temporary."""
    listed = _git("worktree", "list", "--porcelain").split("\n\n")
    for lines in (one.splitlines() for one in listed):
        if any(line.startswith(f"HEAD {COMMIT}") for line in lines):
            return Path(lines[0].removeprefix("worktree "))
    place = Path(tempfile.gettempdir(), f"steadfit-{COMMIT}")
    _git("worktree", "add", "--detach", str(place), COMMIT)
    return place


def studied(tree: Path, arguments: Sequence[str]) -> Told:
    """What `steadfit study` of this worktree leaves."""
    kernels = Path(tempfile.gettempdir(), f"steadfit-kernels-{tree.name}")
    environment = os.environ | {
        "PYTHONPATH": str(tree / "src"),
        "STEADFIT_CACHE": str(kernels),
        "STEADFIT_DATA": str((FOLDER / "mnist").resolve()),
    }
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "steadfit", "study", *arguments, "--out", f"{folder}/study"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - began
        if done.returncode:
            raise SystemExit(f"{tree}: {done.stderr}")
        found = json.loads(Path(folder, "study/study.json").read_text())
    return (_told if "analysis" in found else _told_before)(found, seconds)


def _told(found: Mapping[str, Any], seconds: float) -> Told:
    analysis = found["analysis"]
    measure, arms, references = analysis["decides"], analysis["arms"], analysis["references"]
    losses = {arm["name"]: arm["totals"][measure] for arm in arms if arm["totals"]}
    keys = {
        key
        for arm in found["arms"]
        for part in ("tested", "drawn")
        for of in arm[part]
        for key in of
    }
    strongest = min(references, key=lambda one: one["totals"][measure], default=None)
    said = ""
    if strongest is not None:
        against = strongest["best_against"][measure]
        beside = "behind" if against["high"] < 0 else "ahead" if against["low"] > 0 else "as good"
        said = f"{strongest['name']}, {strongest['totals'][measure]:.3g} ({beside})"
    return Told(
        {arm["name"]: arm["verdict"].replace("_", " ") for arm in arms[1:]},
        losses,
        analysis["best"],
        _half((arm["changes"].get(measure) for arm in arms[1:]), losses[arms[0]["name"]]),
        len(keys) + len(set(found["model"]["members"]) - keys),
        seconds,
        said,
    )


def _told_before(found: Mapping[str, Any], seconds: float) -> Told:
    measure, arms = found["loss"], found["arms"]
    losses = {arm["name"]: arm["losses"][measure]["total"] for arm in arms if arm["losses"]}
    changes = ((arm["changes_here"] or arm["changes"]).get(measure) for arm in arms[1:])
    return Told(
        {arm["name"]: arm["verdict"] for arm in arms[1:]},
        losses,
        found["best"],
        _half(changes, losses[arms[0]["name"]]),
        len({key for arm in arms for key in arm["replicas"]}),
        seconds,
    )


def _half(changes: Iterator[Mapping[str, float] | None], baseline: float) -> float:
    return statistics.median(
        (one["high"] - one["low"]) / 2 / baseline for one in changes if one is not None
    )


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(HERE), *arguments], capture_output=True, text=True, check=True
    ).stdout


def row(data: str, which: str, told: Told) -> str:
    """A line of the table."""
    words: dict[str, list[str]] = {}
    for arm, word in told.words.items():
        words.setdefault(word, []).append(arm)
    cells = (
        data,
        which,
        "; ".join(f"*{word}*: {', '.join(arms)}" for word, arms in words.items()),
        f"{told.best}, {told.losses[told.best]:.3g}",
        told.reference or "–",
        f"{told.half:.0%}",
        str(told.trainings),
        f"{told.seconds:.0f}",
    )
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=list(STUDIES), default=list(STUDIES))
    parser.add_argument("--epochs", help="of every training; by default each design's own")
    parser.add_argument("--processes", help="by default as many as there are cores")
    asked = parser.parse_args()
    more = ["--epochs", asked.epochs] if asked.epochs else []
    more += ["--processes", asked.processes] if asked.processes else []
    print(
        "| data | design | words | handed over, its loss | reference, its loss | half | trainings "
        "| s |"
    )
    print("| --- | --- | --- | --- | --- | ---: | ---: | ---: |")
    for data in asked.only:
        for which, tree in (("before", before()), ("now", HERE)):
            print(row(data, which, studied(tree, [*STUDIES[data], *more])), flush=True)
    print(f"\nLoad of the machine at the end, over 1, 5, 15 minutes: {os.getloadavg()}")


if __name__ == "__main__":
    main()
