"""The default `fit` on labelled texts beside its reference models.

    STEADFIT_DATA=FOLDER python benchmarks/texts.py [--draws 3] [--only "film reviews" docstrings]

FOLDER holds text/movie_reviews.csv and text/banking77_train.csv and _test.csv. Of the film reviews
2,132 are held out, and 200, 1,000 or the 8,530 others learned from; of the bank queries 1,000 or
all of the training file, tested on its own test file. Of the texts of `made_texts` 1,000 are held
out, and 200, 1,000 or the others learned from. Sizes below all are drawn several times, with
other seeds, and the mean is shown. Error, cross-entropy in nats, and the seconds of the whole fit,
its references among them. `--pairs 0 16384` decides between these settings of `bag` instead, on
reviews held out from those learned from.
"""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import made_texts
import numpy as np
import pandas as pd

import steadfit as sf
from steadfit.data import Dataset, from_texts

FOLDER = Path(os.environ.get("STEADFIT_DATA", "../shared/data"), "text")
TESTED = 2_132
SIZES = {"film reviews": (200, 1_000, 8_530), "bank queries": (1_000, 10_003)}
MADE = {
    "docstrings": made_texts.docstrings,
    "territories": made_texts.territories,
    "lines of code": made_texts.lines,
}


def frames(name: str) -> Sequence[pd.DataFrame]:
    """Training and test rows, with the columns text and label."""
    if name == "bank queries":
        named = {"category": "label"}
        both = (pd.read_csv(FOLDER / f"banking77_{part}.csv") for part in ("train", "test"))
        return [frame.rename(columns=named) for frame in both]
    if name in MADE:
        made = MADE[name]()
        return [made.iloc[1_000:], made.iloc[:1_000]]
    whole = pd.read_csv(FOLDER / "movie_reviews.csv").sample(frac=1, random_state=0)
    return [whole.iloc[TESTED:], whole.iloc[:TESTED]]


def drawn(name: str, size: int, seed: int) -> Dataset:
    """So many training texts; test texts of classes that they lack are left out."""
    train, test = frames(name)
    train = train.sample(n=size, random_state=seed)
    test = test[test["label"].isin(train["label"])]
    both = pd.concat([train, test])
    return from_texts(
        both["text"].tolist(), both["label"].tolist(), name,
        is_test=np.arange(len(both)) >= len(train),
    )  # fmt: skip


def measured(data: Dataset, seed: int, model: str | None) -> Iterator[tuple[str, list[float]]]:
    """Of the network and of each reference: error, cross-entropy, seconds."""
    folder = tempfile.mkdtemp()
    began = time.perf_counter()
    fitted = sf.fit(data, model, seed=seed, reference=True, out=Path(folder, "run"))
    seconds = time.perf_counter() - began
    shutil.rmtree(folder)
    for one in fitted.result.references:
        yield one.name, [known(one.error), known(one.loss), np.nan]
    yield "steadfit", [known(fitted.error), known(fitted.loss), seconds]


def known(figure: float | None) -> float:
    return np.nan if figure is None else figure


def decide(pairs: Sequence[int]) -> None:
    """`bag` with so many vectors for pairs of words, on reviews that the tables do not test on."""
    pool = frames("film reviews")[0].sample(frac=1, random_state=1000)
    test, rest = pool.iloc[:1_500], pool.iloc[1_500:]
    for size, seeds in ((200, (0, 1)), (1_000, (0, 1)), (len(rest), (0,))):
        for count in pairs:
            found = []
            for seed in seeds:
                both = pd.concat([rest.sample(n=size, random_state=seed), test])
                data = from_texts(
                    both["text"].tolist(), both["label"].tolist(), "films",
                    is_test=np.arange(len(both)) >= size,
                )  # fmt: skip
                with tempfile.TemporaryDirectory() as folder:
                    fitted = sf.fit(
                        data, "bag", settings={"pairs": count}, seed=seed, reference=False,
                        out=Path(folder, "run"),
                    )  # fmt: skip
                found.append([known(fitted.error), known(fitted.loss)])
            error, loss = np.mean(found, 0)
            print(f"{size:,} reviews, {count:,} pairs: {error:.1%}, {loss:.3f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=[*SIZES, *MADE], default=[*SIZES, *MADE])
    parser.add_argument("--model", help="instead of the default")
    parser.add_argument("--pairs", type=int, nargs="+", default=[], help="of bag: decide by these")
    asked = parser.parse_args()
    if asked.pairs:
        decide(asked.pairs)
        return
    print("| texts | examples | model | error | cross-entropy | s |")
    print("| --- | ---: | --- | ---: | ---: | ---: |")
    for name in asked.only:
        sizes = SIZES[name] if name in SIZES else (200, 1_000, len(frames(name)[0]))
        for size in sizes:
            found: dict[str, list[list[float]]] = {}
            for seed in range(1 if size == sizes[-1] else asked.draws):
                for what, figures in measured(drawn(name, size, seed), seed, asked.model):
                    found.setdefault(what, []).append(figures)
            for what, figures in found.items():
                error, loss, seconds = np.mean(figures, 0)
                took = "" if np.isnan(seconds) else f"{seconds:.0f}"
                row = f"{what} | {error:.1%} | {loss:.2f} | {took}"
                print(f"| {name} | {size:,} | {row} |", flush=True)


if __name__ == "__main__":
    main()
