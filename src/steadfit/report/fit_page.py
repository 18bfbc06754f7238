"""The page of a fit: its figures, what it predicts and what it gets wrong, without a script."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from steadfit.report import charts, wording
from steadfit.report.end_to_end import end_to_end
from steadfit.report.fits import confusions, explain_fit, figures, headline, trained_how
from steadfit.report.markup import style, template
from steadfit.report.mistakes import surest_mistakes
from steadfit.report.sections import Grid
from steadfit.report.wrong_texts import wrong_texts

if TYPE_CHECKING:
    from steadfit.data import Dataset
    from steadfit.study.fit_result import FitResult
    from steadfit.study.folder import About
    from steadfit.training import TrainedModel

MOST_OUTPUTS = 4


def fit_page(
    result: FitResult, model: TrainedModel, test: Dataset, outputs: np.ndarray, about: About
) -> str:
    """The fit as one self-contained HTML page: the text of its `report.html`.

    outputs: the logits or numbers of the network that was tested, shape (test points, outputs).
    Every name and text is escaped, and a policy in the page allows no script and no request.
    """
    known = result.curves.get("train_loss", ())
    return template("fit.html").render(
        data_name=wording.printable(result.data.name),
        sizes=wording.sizes_of(result.data, result.settings, result.parameters),
        headline=headline(result),
        how=trained_how(result),
        figures=Grid(("figure", "value"), tuple(figures(result))),
        sentences=explain_fit(result),
        confusions=list(confusions(result)),
        labelled=result.label_scores is not None,
        **_predictions(test, outputs),
        **_mistakes(model, test, outputs),
        losses=_losses(result) if known else None,
        validated="validation_loss" in result.curves,
        notes=about.notes,
        settings=json.dumps(result.settings, indent=2),
        run=list(about.facts.items()),
        style=style(),
        width=charts.WIDTH,
        height=charts.HEIGHT,
    )


def _losses(result: FitResult) -> charts.Chart:
    roles = {"train_loss": "bias", "validation_loss": "better"}
    values = {name: (role, result.curves[name]) for name, role in roles.items()
              if name in result.curves}  # fmt: skip
    ends = ("epoch 1", f"epoch {len(result.curves['train_loss']):,}")
    return charts.lines("", values, ends, logarithmic=True)


def _predictions(test: Dataset, outputs: np.ndarray) -> dict[str, Sequence[charts.Chart] | str]:
    """Charts of numbers: forecasts over time, others against the truth; none of classes."""
    task = test.schema.task
    shown: dict[str, Sequence[charts.Chart] | str] = {"forecasts": [], "predicted": []}
    shown["left_out"] = ""
    if task.classes or not task.means:
        return shown
    told, truth = task.central(outputs), test.y.numpy()
    if task.steps_ahead:
        shown["forecasts"] = [
            charts.lines(
                one.name,
                {"truth": ("ink", one.truth), "forecast": ("better", one.told[0])},
                (_time(one.times[0]), _time(one.times[-1])),
            )
            for one in end_to_end(test, told[None])
        ]
        return shown
    count = truth.shape[1]
    names = [""] if count == 1 else [f"output {k + 1}" for k in range(count)]
    shown["predicted"] = [
        charts.predicted(name, truth[:, k], told[:, k])
        for k, name in enumerate(names[:MOST_OUTPUTS])
    ]
    if count > MOST_OUTPUTS:
        shown["left_out"] = f"The first {MOST_OUTPUTS} of {count} outputs are shown."
    return shown


def _time(at: object) -> str:
    return at if isinstance(at, str) else f"step {at}"


def _mistakes(model: TrainedModel, test: Dataset, logits: np.ndarray) -> dict[str, object]:
    """The test points that are taken for another class: texts, or what has a picture."""
    if not test.classes:
        return {"texts": [], "pictures": []}
    if test.schema.kind.name == "texts":
        return {"texts": wrong_texts(model, test, logits), "pictures": []}
    return {"texts": [], "pictures": surest_mistakes(test, logits[None])}
