"""How good the default network is on tables, beside linear models and boosted trees.

    python benchmarks/tables.py               # the defaults, on all tables
    python benchmarks/tables.py --protocol    # the candidates that the defaults were chosen from

Five tables: wine, breast cancer and diabetes of scikit-learn, and two with categories and holes:
penguins of the package palmerpenguins, cars of vega-datasets (extra `bench`).

**The protocol**, written before it was run. Each candidate is trained as `steadfit.fit` trains it,
5-fold cross-fitting, one repetition, seed 0; the score of a table is the mean loss of the test
folds, divided by that of the better of the linear and the tree reference. The loss is what is
learned by: cross-entropy or squared error. The default is the candidate with the lowest geometric
mean of the five scores; of two within 2%, the one that needs fewer steps. Dropout is a remedy that
every study tries, so the default is chosen among the nets without it, and the others say what the
remedy brings. A first round, of 300 and 1,000 steps, was stopped after three tables: all but one
net were worse at 1,000.

Prints rows of a Markdown table: loss, and percent of errors or the share of the variance that is
left (1 − R²). Without --protocol, over two repetitions, each with their standard deviation.
"""

import argparse
from collections.abc import Callable

import numpy as np
import torch
from sklearn import datasets

from steadfit.data import Dataset, from_table, make_folds
from steadfit.recipe import Recipe, Training
from steadfit.references import references_for
from steadfit.training import fit

FOLDS, REPETITIONS = 5, 2


def bundled(load: Callable[..., object]) -> Callable[[], Dataset]:
    def read() -> Dataset:
        found = load(as_frame=True)
        return from_table(found.data, found.target.to_numpy())  # pyright: ignore

    return read


def penguins() -> Dataset:
    from palmerpenguins import load_penguins  # pyright: ignore[reportMissingImports]

    return from_table(load_penguins(), "species")


def cars() -> Dataset:
    """Miles per gallon, where they are known."""
    from vega_datasets import data  # pyright: ignore[reportMissingImports]

    frame = data.cars()
    return from_table(frame[frame["Miles_per_Gallon"].notna()], "Miles_per_Gallon")


TABLES: dict[str, Callable[[], Dataset]] = {
    "wine": bundled(datasets.load_wine),
    "breast cancer": bundled(datasets.load_breast_cancer),
    "diabetes": bundled(datasets.load_diabetes),
    "penguins": penguins,
    "cars": cars,
}
NETS = {
    "mlp": {},
    "mlp, dropout 0.2": {"dropout": 0.2},
    "mlp, dropout 0.5": {"dropout": 0.5},
    "table_resnet, dropout 0.2": {"dropout": 0.2},
}
STEPS = (100, 300)


Losses = tuple[float, float]  # mean loss, and share of errors or of the variance


def losses(data: Dataset, outputs: list[np.ndarray], tests: list[np.ndarray]) -> Losses:
    """Of predictions of all examples, fold by fold."""
    found = np.empty((len(data), data.outputs), np.float32)
    for rows, given in zip(tests, outputs, strict=True):
        found[rows] = given
    loss, error = data.schema.task.score(torch.from_numpy(found), data.y)
    return loss, loss / float(data.y.var(0, correction=0).sum()) if error is None else error


def network(data: Dataset, name: str, settings: dict, steps: int | None, seed: int):
    """The losses of one repetition."""
    tests, outputs = [], []
    for fold in make_folds(data, FOLDS, seed, seed):
        batches = -(-len(fold.train) // Training().batch)
        usual = data.schema.epochs(Training().epochs, len(fold.train), Training().batch)
        epochs = usual if steps is None else -(-steps // batches)
        recipe = Recipe().model_with(name=name, **settings).training_with(epochs=epochs)
        replica = fit(recipe, data, fold.train, data.take(fold.test), seed)
        tests.append(fold.test.numpy())
        outputs.append(replica.logits)
    return losses(data, outputs, tests)


def reference(data: Dataset, number: int, seed: int):
    tests, outputs = [], []
    for fold in make_folds(data, FOLDS, seed, seed):
        train, test = data.take(fold.train), data.take(fold.test)
        outputs.append(references_for(train)[number].fit(train, seed).predict(test))
        tests.append(fold.test.numpy())
    return losses(data, outputs, tests)


def row(table: str, name: str, found: list[Losses]) -> float:
    loss, share = np.array(found).T
    print(
        f"| {table} | {name} | {loss.mean():.4g} ± {loss.std():.2g} | {100 * share.mean():.2f}% ± "
        f"{100 * share.std():.2f} |",
        flush=True,
    )
    return float(loss.mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--protocol", action="store_true")
    candidates = parser.parse_args().protocol
    torch.set_num_threads(1)
    scores: dict[str, list[float]] = {}
    for table, make in TABLES.items():
        data, seeds = make(), range(1 if candidates else REPETITIONS)
        rivals = [
            row(table, one.name, [reference(data, number, seed) for seed in seeds])
            for number, one in enumerate(references_for(data))
        ]
        if not candidates:
            name = data.schema.model
            row(table, f"{name}, the default", [network(data, name, {}, None, s) for s in seeds])
            continue
        for title, settings in NETS.items():
            for steps in STEPS:
                name = title.split(",")[0]
                found = [network(data, name, settings, steps, seed) for seed in seeds]
                loss = row(table, f"{title}, {steps} steps", found)
                scores.setdefault(f"{title}, {steps} steps", []).append(loss / min(rivals))
    for title, ratios in sorted(scores.items(), key=lambda item: np.log(item[1]).mean()):
        print(f"{np.exp(np.log(ratios).mean()):.3f} {title}")


if __name__ == "__main__":
    main()
