"""A study against the script that a careful person writes, and against the design of 542267c.

    STEADFIT_DATA=FOLDER python benchmarks/deciding/verdict.py [--data digits mnist] [--epochs 20]

scikit-learn's digits, and MNIST with 2,000 training images; six arms. For each way the words, half
the length of the 95% interval of a change, in percent of the baseline's loss (the median over
arms), the trainings, the seconds, and today's share of these two. Aimed at on digits: intervals at
most half as long as the script's (`careful_script`), in at most 0.4 of its time; on MNIST the same
words in at most half of the time. Nothing else should run on the machine.
"""

import argparse
import os
import time

import torch
from before_after import FOLDER, HERE, STUDIES, Told, before, studied
from careful_script import Images, compare, split
from sklearn.model_selection import train_test_split

from steadfit.data import read

DATA = {"digits": "digits", "mnist": "MNIST, 2,000"}


def images(name: str) -> Images:
    """The two sides: a fifth of the digits tests, and MNIST's own test set."""
    if name == "mnist":
        os.environ["STEADFIT_DATA"] = str((FOLDER / "mnist").resolve())
    data = read(name, limit=2000 if name == "mnist" else None)
    is_test = data.structure.is_test
    if is_test is None:
        is_test = torch.zeros(len(data), dtype=torch.bool)
        _, held_out = train_test_split(
            range(len(data)), test_size=0.2, stratify=data.y, random_state=0
        )
        is_test[held_out] = True
    assert isinstance(data.x, torch.Tensor)
    return split(data.x, data.y, is_test)


def script(name: str, epochs: int, seeds: int) -> Told:
    """What the careful person has of it."""
    began = time.perf_counter()
    found = compare(images(name), epochs, seeds)
    seconds = time.perf_counter() - began
    return Told(found.words, {}, "", found.half, found.trainings, seconds)


def row(name: str, way: str, told: Told, now: Told) -> str:
    """A line of the table."""
    words = "; ".join(f"{arm}: *{word}*" for arm, word in told.words.items())
    return (
        f"| {DATA[name]} | {way} | {words} | {told.half:.1%} | {told.trainings} | "
        f"{told.seconds:.0f} | {now.half / told.half:.2f} | {now.seconds / told.seconds:.2f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", nargs="+", choices=list(DATA), default=list(DATA))
    parser.add_argument("--epochs", type=int, default=20, help="of every training")
    parser.add_argument("--seeds", type=int, default=10, help="of the script, an arm")
    asked = parser.parse_args()
    print(f"Load of the machine over 1, 5, 15 minutes: {os.getloadavg()}\n")
    print("| data | way | words | half | trainings | s | today's half | today's time |")
    print("| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for name in asked.data:
        arguments = [*STUDIES[DATA[name]], "--epochs", str(asked.epochs)]
        now = studied(HERE, arguments)
        print(row(name, "today", now, now), flush=True)
        careful = script(name, asked.epochs, asked.seeds)
        print(row(name, "the script", careful, now), flush=True)
        print(row(name, "542267c", studied(before(), arguments), now), flush=True)
    print(f"\nLoad of the machine at the end: {os.getloadavg()}")


if __name__ == "__main__":
    main()
