"""A good file of each kind that steadfit reads, and what reads it."""

import hashlib
import json
import os
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from steadfit.api import fit
from steadfit.cli import commands
from steadfit.data import from_arrays, read
from steadfit.formats import TextTable
from steadfit.kinds import Images, Series, Texts
from steadfit.models import shapes
from steadfit.prediction import continued, predictions
from steadfit.recipe import Recipe
from steadfit.references import REFERENCES
from steadfit.study.design import Design
from steadfit.study.engines import SerialEngine
from steadfit.study.folder import About, open_run, write_about
from steadfit.study.result import StudyResult
from steadfit.study.run import run_study
from steadfit.training import RecipeLearner, TrainedReference

Reader = Callable[[Path], object]
Maker = Callable[[Path], None]
RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 255, (12, 8, 8), dtype=np.uint8)
LABELS = np.arange(12) % 2
QUICK = {"epochs": 1}
MOST = 10**8  # bytes whose digest is written down; a pipe or a device would be waited for


def study(run: Path) -> StudyResult:
    """Begin it, or go on with what is there; without workers, whose start takes seconds."""

    recipe = Recipe().model_with(name="mlp", width=0.05).training_with(**QUICK)
    data = from_arrays(IMAGES, LABELS)
    learner, design = RecipeLearner(recipe), Design(folds=2, repetitions=1, samples=2)
    return run_study(data, learner, ["l2"], run, design, engine=SerialEngine()).result


def make(folder: Path) -> None:
    """One good file of each kind of data; `path_of` makes the runs."""
    (folder / "p" / "x").mkdir(parents=True)
    (folder / "p" / "y").mkdir()
    np.savez(folder / "a.npz", x=IMAGES, y=LABELS)
    rows = [f"{i // 3},{i},{i % 5}.5,{'xy'[i // 3 % 2]}" for i in range(36)]
    (folder / "t.csv").write_text("a,b,c,label\n" + "\n".join(rows))
    texts = [f"the {'cat' if i % 2 else 'dog'} sat {i} times,{'xy'[i % 2]}" for i in range(20)]
    (folder / "r.csv").write_text("text,label\n" + "\n".join(texts))
    (folder / "l.txt").write_text("the cat sat\nthe dog ran\n" * 10)
    columns = {"a": [0, 1, 2, 3] * 3, "b": [0.5, 1, 1.5] * 4, "label": ["x", "y"] * 6}
    pq.write_table(pa.table(columns), folder / "t.parquet")
    series = "\n".join(f"1,2,{i}:{i % 2}" for i in range(12))
    (folder / "u.ts").write_text(f"@problemName u\n@classLabel true 0 1\n@data\n{series}\n")
    (folder / "c.txt").write_text("the cat sat on the mat. " * 100)
    for i in range(8):
        suffix = (".png", ".jpg", ".gif", ".bmp")[i % 4]
        Image.fromarray(IMAGES[i]).save(folder / "p" / "xy"[i // 4] / f"{i}{suffix}")
    (folder / "recipe.json").write_text(Recipe().to_json())


def of_images(run: Path) -> None:
    """A study's folder."""
    study(run)
    write_about(run, About(("a note",), {"version": "1.0"}))


def fit_on(name: str, model: str, **options: Any) -> Maker:
    """A fit's folder: of a small recurrent network, on one of the files."""

    def make(run: Path) -> None:
        data = read(run.parent / name, **options)
        fit(data, model, settings={"hidden": 3}, training=QUICK, out=run)

    return make


def reference_on(reference: str, name: str, **options: Any) -> Maker:
    """A folder with a reference as its model."""

    def make(run: Path) -> None:
        fitted = REFERENCES[reference].fit(read(run.parent / name, **options))
        TrainedReference(fitted).save(run / "model")

    return make


TO_FORECAST = {"horizon": 2, "target": "b"}
RUNS: dict[str, Maker] = {
    "run": of_images,
    "texts": fit_on("c.txt", "language", block=100),
    "reviews": fit_on("r.csv", "recurrent"),
    "forecast": fit_on("t.csv", "recurrent", **TO_FORECAST),
    "lags": reference_on("ridge on lags", "t.csv", **TO_FORECAST),
    "naive": reference_on("naive forecast", "t.csv", **TO_FORECAST),
    "trees": reference_on("boosted trees", "t.csv"),
}


def table(path: Path) -> object:
    return [read(path, **options) for options in ({}, {"target": "label"})]


def images(path: Path) -> object:
    """The image in a folder of classes with others."""
    return read(path.parent.parent, damaged=0.9)


def recipe(path: Path) -> object:
    return shapes(Recipe.from_json(path.read_text("utf-8", "replace")).model, (1, 28, 28), 10)


def model(path: Path) -> object:
    """Of images, with the replicas beside it."""
    run = path.parent.parent
    return predictions(run, run.parent / "a.npz")


def language_model(path: Path) -> object:
    return continued(path.parent.parent, "the cat", 5, temperature=1.0, seed=0)


def forecasting_model(path: Path) -> object:
    run = path.parent.parent
    return predictions(run, run.parent / "t.csv")


def reference_for_rows(path: Path) -> object:
    run = path.parent.parent
    return predictions(run, run.parent / "t.csv")


def shown(path: Path) -> None:
    """As `steadfit show` and `steadfit report` do, of a fit or a study."""
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
        commands.show.show(path.parent)
        commands.show.show(path.parent, json=True)
        commands.show.report(path.parent)


def model_of_texts(path: Path) -> object:
    run = path.parent.parent
    return predictions(run, run.parent / "r.csv")


def best_of_result(path: Path) -> object:
    """Whose replicas say how far they disagree."""
    return predictions(path.parent, path.parent.parent / "a.npz")


def points_of_run(path: Path) -> object:
    return open_run(path.parent)


def replica(path: Path) -> object:
    """The store's file, its digest right: what does harm must be refused for what it is."""
    figures = path.parent / "replica.json"
    if path != figures and path.is_file() and path.resolve().stat().st_size < MOST:
        known = json.loads(figures.read_bytes())
        known["sha256"][path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
        figures.write_text(json.dumps(known))
    run = path.parent.parent.parent
    return predictions(run, run.parent / "a.npz"), study(run)


KINDS: dict[str, tuple[str, Reader]] = {
    "an npz": ("a.npz", read),
    "an npz to predict": ("a.npz", lambda path: Images(1, 8, 8).read(path, None)),
    "a table": ("t.csv", table),
    "a long table": ("t.csv", lambda path: read(path, series="a", target="label")),
    "a table to forecast": ("t.csv", lambda path: read(path, horizon=2, target="b")),
    "a table of texts": ("t.csv", lambda path: read(path, text="label", target="a")),
    "a table to predict": ("t.csv", lambda path: Series(1).read(path, None)),
    "texts to predict": ("t.csv", lambda path: Texts("words").read(path, TextTable("label"))),
    "lines to predict": ("l.txt", lambda path: Texts("words").read(path, None)),
    "parquet": ("t.parquet", table),
    "ts": ("u.ts", read),
    "ts to predict": ("u.ts", lambda path: Series(1).read(path, None)),
    "text": ("c.txt", read),
    "a png": ("p/x/0.png", images),
    "a jpeg": ("p/x/1.jpg", images),
    "an image to predict": ("p/x/2.gif", lambda path: Images(1, 8, 8).read(path, None)),
    "a model": ("run/model/model.json", model),
    "weights": ("run/model/weights-0.safetensors", model),
    "a language model": ("texts/model/model.json", language_model),
    "its weights": ("texts/model/weights-0.safetensors", language_model),
    "a forecasting model": ("forecast/model/model.json", forecasting_model),
    "a model of texts": ("reviews/model/model.json", model_of_texts),
    "a store": ("run/store/store.json", model),
    "a replica": ("run/store/{key}/replica.json", replica),
    "a replica's predictions": ("run/store/{key}/predictions.npz", replica),
    "a replica's weights": ("run/store/{key}/weights.safetensors", replica),
    "a result": ("run/study.json", shown),
    "a result to predict from": ("run/study.json", best_of_result),
    "a fit": ("forecast/fit.json", shown),
    "a fit on a text": ("texts/fit.json", shown),
    "a reference": ("lags/model/model.json", forecasting_model),
    "a reference without weights": ("naive/model/model.json", forecasting_model),
    "what a reference learned": ("lags/model/weights-0.safetensors", forecasting_model),
    "trees": ("trees/model/weights-0.safetensors", reference_for_rows),
    "facts of a run": ("run/run.json", shown),
    "test points": ("run/points.npz", points_of_run),
    "a recipe": ("recipe.json", recipe),
}


def path_of(kind: str, folder: Path) -> Path:
    """The file, made with its run; of replicas, one of the arm that predicts."""
    place, _ = KINDS[kind]
    top = place.partition("/")[0]
    if top in RUNS and not (folder / top).exists():
        RUNS[top](folder / top)
    if "{key}" in place:
        found = StudyResult.read(folder / "run" / "study.json")
        place = place.format(key=found.arm(found.analysis.best).drawn[0][0])
    return folder / place
