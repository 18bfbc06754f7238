"""The page: everything of a study in one HTML file that asks nothing of any other."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from steadfit.analysis import points
from steadfit.analysis.terms import Loss
from steadfit.report import disputed, palette, sections, wording
from steadfit.report.explain import explain_study

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from steadfit.analysis.result import Analysis
    from steadfit.report.network import Drawing
    from steadfit.report.voice import Voice
    from steadfit.study.folder import Run
    from steadfit.study.result import StudyResult
    from steadfit.study.store import Finished

MOST_MARKS = 1000  # in a scatter, beyond which more hide one another
MOST_OUTPUTS = 4
MOST_CLASSES = 300  # of a confusion matrix
LONGEST_CLASS = 40  # characters of a class's name, which is repeated often


def page(run: Run, voice: Voice) -> str:
    """The study as one self-contained HTML page: the text of `report.html`.

    run: with the test points in the order of the replicas' logits; failed replicas are left out of
        the figures, and without a model so is the part that looks into it. voice: who reads it.

    Names are escaped wherever they stand, and a content security policy in the page allows its own
    two scripts alone and no request to anywhere. About 5 MB, nearly all of it plotly.js.

    Example: `Path("report.html").write_text(page(open_run(Path("runs/digits")), PYTHON))`.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup
    from plotly.offline import get_plotlyjs

    result = run.result
    folder = files("steadfit.report") / "templates"
    colours = {"light": palette.LIGHT, "dark": palette.DARK}
    environment = Environment(
        loader=PackageLoader("steadfit.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters |= {
        "printable": wording.printable,
        "breakable": _breakable,
        "options": _options_whole,
        "sha256": _sha256,
    }
    return environment.get_template("page.html").render(
        **_study(result, voice),
        **_figures(result.analysis),
        **_curves({name: own.all for name, own in run.replicas.items()}),
        **_predictions(run),
        notes=run.about.notes,
        facts=sections.facts(result, _seconds(run)),
        drawings=_looked_into(run) if run.model else [],
        run=[*run.about.facts.items(), *_fingerprints(result)],
        style=Markup(environment.get_template("page.css").render(colours)),
        palette=Markup(json.dumps(colours)),
        plotly=Markup(get_plotlyjs()),
        script=Markup((folder / "page.js").read_text("utf-8")),
    )


def _study(result: StudyResult, voice: Voice) -> dict[str, object]:
    """What the result alone says, in words and tables."""
    found = result.analysis
    others: list[Loss] = [
        loss
        for loss in wording.LOSSES
        if loss is not found.decides and any(loss in arm.losses for arm in found.arms)
    ]
    first = result.arms[0]
    return {
        "data_name": wording.printable(result.data.name),
        "sizes": wording.sizes(result),
        "design": wording.design(found),
        "both": bool(found.sampling.whole),
        "headline": sections.headline(found),
        "table": sections.losses(found, found.decides),
        "loss": wording.LOSSES[found.decides],
        "level": wording.level(found),
        "sentences": explain_study(result, voice),
        "baseline": first.name,
        "best": found.best,
        "others": [
            {"table": sections.losses(found, loss), "note": sections.note(loss)} for loss in others
        ],
        "scheme": sections.scheme(result),
        "recipes": [
            {"name": arm.name, "differences": sections.differences(arm.settings, first.settings)}
            for arm in result.arms
        ],
        "recipe": json.dumps(_whole_recipe(result), indent=2),
    }


def _whole_recipe(result: StudyResult) -> dict[str, Any]:
    """The baseline's, without the loss of classes where another one was learned by."""
    whole = dict(result.arms[0].settings)
    training = whole.get("training")
    if isinstance(training, dict) and training.get("loss") != result.analysis.decides:
        whole["training"] = {name: value for name, value in training.items() if name != "loss"}
    return whole


def _figures(found: Analysis) -> dict[str, object]:
    """The figures of the arms; None where no arm has what is drawn."""
    from steadfit.report import figures

    split = [arm for arm in found.arms if arm.components is not None]
    alt = "; ".join(
        f"{wording.printable(arm.name)}: "
        + ", ".join(f"{name} {wording.quantity(v)}" for name, v in figures.sources(arm).items())
        for arm in split
    )
    together = any("interaction" in figures.sources(arm) for arm in split)
    compared = any(found.decides in arm.changes for arm in found.arms)
    measured = any(found.decides in arm.losses for arm in found.arms)
    return {
        "parts": _drawn(figures.parts(found)) if measured else None,
        "changes": _drawn(figures.changes(found)) if compared else None,
        "components": _drawn(figures.components(found)) if split else None,
        "together": together,
        "components_alt": f"Variance components. {alt}",
    }


def _seconds(run: Run) -> dict[str, float]:
    """The mean time of an arm's replicas."""
    of = {name: [one.seconds for one in own.at_size] for name, own in run.replicas.items()}
    return {name: float(np.mean(seconds)) for name, seconds in of.items() if seconds}


def _curves(replicas: Mapping[str, Sequence[Finished]]) -> dict[str, object]:
    """A small figure an arm, all on one scale."""
    from steadfit.report import replica_figures

    names = ("train_loss", "validation_loss")
    all_of = [one.curves for arm in replicas.values() for one in arm]
    losses = np.array([loss for one in all_of for name in names for loss in one.get(name, ())])
    losses = losses[np.isfinite(losses)]
    if not len(losses):
        return {"curves": [], "validated": False}
    reach = (float(losses.min()), float(losses.max()))
    drawn = [
        {
            "name": name,
            "figure": _drawn(replica_figures.curves(name, [one.curves for one in arm], reach)),
        }
        for name, arm in replicas.items()
        if arm
    ]
    return {"curves": drawn, "validated": any("validation_loss" in one for one in all_of)}


def _predictions(run: Run) -> dict[str, object]:
    """Where replicas disagree, and what the best arm's take for what.

    Only for data with one class, or one row of numbers, for each test point.
    """
    from torch import Tensor

    test, best = run.test, run.result.analysis.best
    varying = {name: own.varying for name, own in run.replicas.items()}
    shown: dict[str, object] = {"points": [], "points_arm": "", "agreement": ""}
    shown["classed"] = bool(test.classes)
    shown |= {"confusion": None, "mistakes": None, "predicted": [], "left_out": ""}
    arms = [name for name in dict.fromkeys((run.result.arms[0].name, best)) if varying.get(name)]
    if not arms or not isinstance(test.y, Tensor):
        return shown
    y = test.y.numpy()
    classes = [wording.shortened(wording.visible(name), LONGEST_CLASS) for name in test.classes]
    logits = {name: np.stack([one.logits for one in varying[name]]) for name in arms}
    shown["points_arm"] = arms[0]
    few = bool(classes) or y.shape[1] <= MOST_OUTPUTS  # more would be a wall of numbers
    if few and min(map(len, logits.values())) > 1:
        shown["points"] = disputed.disagreements(test, y, logits, classes)
        shown["agreement"] = "All replicas agree on every test point."
    if best in logits:
        at_size = run.replicas[best].at_size
        if not classes:
            shown |= _scatters(logits[best], y)
        elif len(classes) <= MOST_CLASSES and at_size:
            shown |= _mistakes(np.stack([one.logits for one in at_size]), y, classes)
    return shown


def _mistakes(logits_RNK: np.ndarray, y_N: np.ndarray, classes: Sequence[str]) -> dict[str, object]:
    """The confusion matrix, and its largest mistakes as a table."""
    from steadfit.report import replica_figures

    shares = points.confusion(points.votes(logits_RNK), y_N)
    return {
        "confusion": _drawn(replica_figures.confusion(shares, classes)),
        "mistakes": sections.mistakes(shares, classes),
    }


def _scatters(numbers_RNO: np.ndarray, y_NO: np.ndarray) -> dict[str, object]:
    """Predicted against true, an output a figure, and what was left out for want of room."""
    from steadfit.report import replica_figures

    tested, outputs = y_NO.shape
    every = -(-tested // MOST_MARKS)
    means, spreads = (
        numbers_RNO.mean(axis=0),
        numbers_RNO.std(axis=0, ddof=min(1, len(numbers_RNO) - 1)),
    )
    drawn = [
        replica_figures.predicted(
            y_NO[::every, output],
            means[::every, output],
            spreads[::every, output],
            "true value" if outputs == 1 else f"true value, output {output + 1}",
        )
        for output in range(min(outputs, MOST_OUTPUTS))
    ]
    left_out = [
        f"One test point in {every} is shown." if every > 1 else "",
        f"The first {MOST_OUTPUTS} of {outputs} outputs are shown."
        if outputs > MOST_OUTPUTS
        else "",
    ]
    return {
        "predicted": [_drawn(figure) for figure in drawn],
        "left_out": " ".join(filter(None, left_out)),
    }


def _looked_into(run: Run) -> list[dict[str, object]]:
    """The figures of the networks themselves."""
    from steadfit.report.network import drawings

    return [_shown(drawing) for drawing in drawings(run)]


def _shown(drawing: Drawing) -> dict[str, object]:
    others = [_shown(other) for other in drawing.others]
    return {**vars(drawing), "figure": _drawn(drawing.figure), "others": others}


def _fingerprints(result: StudyResult) -> list[tuple[str, str]]:
    return [
        ("training data", f"SHA-256 {result.data.train_fingerprint}"),
        ("test data", f"SHA-256 {result.data.test_fingerprint}"),
    ]


def _drawn(figure: Figure) -> Any:
    """A figure as JSON for a script element, which plotly's own escape of "<" cannot end."""
    from markupsafe import Markup

    return Markup(figure.to_json())


def _breakable(name: str) -> Any:
    """A name that may be broken after each "+", "=" and "_"."""
    from markupsafe import Markup

    return Markup("<wbr>").join(re.split(r"(?<=[+=_])", name))


def _options_whole(text: str) -> Any:
    """A text whose options, as --samples, are not broken after their dashes."""
    from markupsafe import Markup

    option = Markup('<span class="option">{}</span>').format
    parts = re.split(r"(--[a-z]+)", text)
    return Markup("").join(option(p) if p.startswith("--") else p for p in parts)


def _sha256(script: str) -> str:
    """A script's hash as a content security policy names it."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
