"""What each reference model gives on the data sets of docs/references.md, and how fast.

    python benchmarks/references.py                  # all
    python benchmarks/references.py digits films

The data are in the folder that STEADFIT_DATA names. Test points are the data's own, else a fifth.
Prints rows of a Markdown table; seconds are of one fit and its predictions, on one thread.
"""

import os
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from steadfit.data import Dataset, from_texts, points, read, scaled_errors, split
from steadfit.errors import SteadfitError
from steadfit.formats.columns import Columns
from steadfit.formats.form import open_table
from steadfit.references import references_for

FOLDER = Path(os.environ.get("STEADFIT_DATA", "../shared/data"))


def series(name: str) -> Callable[[], Dataset]:
    return lambda: read(FOLDER / "series" / name / f"{name}_TRAIN.ts")


def photos() -> Dataset:
    with TemporaryDirectory() as folder:
        with zipfile.ZipFile(FOLDER / "photos" / "cifar2k.zip") as archive:
            archive.extractall(folder)
        (inner,) = Path(folder).iterdir()
        return read(inner)


def banking() -> Dataset:
    """Two files as one data set with a test set of its own."""
    tables: list[Columns] = [
        open_table(FOLDER / "text" / f"banking77_{part}.csv") for part in ("train", "test")
    ]
    texts = [text for table in tables for text in table.texts("text")]
    labels = [label for table in tables for label in table.labels("category")]
    is_test = np.repeat([False, True], [len(table.texts("text")) for table in tables])
    return from_texts(texts, labels, "banking77", is_test=is_test)


def forecast(file: str, **options: Any) -> Callable[[], Dataset]:
    return lambda: read(FOLDER / "forecast" / file, **options)


SOURCES: dict[str, Callable[[], Dataset]] = {
    "digits": lambda: read("digits"),
    "mnist2000": lambda: read("mnist", limit=2_000),
    "mnist": lambda: read("mnist"),
    "photos": photos,
    "vowels": series("JapaneseVowels"),
    "gunpoint": series("GunPoint"),
    "osuleaf": series("OSULeaf"),
    "acsf1": series("ACSF1"),
    "gestures": series("PickupGestureWiimoteZ"),
    "cardano": series("CardanoSentiment"),
    "covid": series("Covid3Month"),
    "adding": lambda: read("adding", length=50, train=2_000, test=500),
    "films": lambda: read(FOLDER / "text" / "movie_reviews.csv"),
    "films2000": lambda: read(FOLDER / "text" / "movie_reviews.csv", limit=2_000),
    "banking": banking,
    "airline": forecast("Airline.csv", horizon=6, target="Passengers", season=12),
    "uschange": forecast("Uschange.csv", horizon=4, target="Consumption", values="Consumption"),
    "solar": forecast("solar.csv", horizon=12, target="solar_gen", time="datetime_gmt"),
    "shops": forecast("shops.csv", horizon=3, target="y", series="id", time="ds", values="y"),
    "shakespeare": lambda: read(FOLDER / "text" / "tinyshakespeare.txt"),
    "words": lambda: read(FOLDER / "text" / "tinyshakespeare.txt", unit="words"),
}


def show(name: str) -> None:
    data = SOURCES[name]()
    parts = split(data)
    tested = points(parts.test)
    print(f"{name}: {data}; {len(parts.train):,} + {len(tested):,} test points", flush=True)
    for reference in references_for(parts.train):
        begin = time.perf_counter()
        try:
            predicted = torch.from_numpy(reference.fit(parts.train).predict(parts.test))
        except SteadfitError as error:
            print(f"| | left out: {error} |")
            continue
        seconds = time.perf_counter() - begin
        loss, error = tested.schema.task.score(predicted, tested.y)
        wrong = "" if error is None else f"{100 * error:.2f}%"
        if data.schema.task.name == "forecast":
            season = data.schema.task.season  # pyright: ignore[reportAttributeAccessIssue]
            scaled = scaled_errors(parts.train, parts.test, predicted, season)
            wrong = f"MASE {float(scaled.nanmean()):.2f}"
        words = data.schema.task.in_words(loss).removeprefix("test ")
        print(f"| {name} | {reference.name} | {words} | {wrong} | {seconds:.2f} s |", flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    for each in sys.argv[1:] or SOURCES:
        show(each)
