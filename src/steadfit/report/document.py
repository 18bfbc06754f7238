"""The page: everything of a study in one HTML file that asks nothing of any other."""

from __future__ import annotations

import json
from importlib.resources import files
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from steadfit.analysis.terms import Loss
from steadfit.report import explain_arms, numbers, palette, sections, wording
from steadfit.report.document_replicas import curves, predictions
from steadfit.report.explain import explain_study
from steadfit.report.explain_design import what_it_stands_for
from steadfit.report.headline import headline
from steadfit.report.markup import embedded, style, template

if TYPE_CHECKING:
    from steadfit.analysis.result import Analysis
    from steadfit.report.network import Drawing
    from steadfit.report.voice import Voice
    from steadfit.study.folder import Run
    from steadfit.study.result import StudyResult


def page(run: Run, voice: Voice) -> str:
    """The study as one self-contained HTML page: the text of `report.html`.

    run: with the test points in the order of the replicas' logits; failed replicas are left out of
        the figures, and without a model so is the part that looks into it. voice: who reads it.

    Names are escaped wherever they stand, and a content security policy in the page allows its own
    two scripts alone and no request to anywhere. About 5 MB, nearly all of it plotly.js.

    Example: `Path("report.html").write_text(page(open_run(Path("runs/digits")), PYTHON))`.
    """
    from markupsafe import Markup
    from plotly.offline import get_plotlyjs

    result = run.result
    folder = files("steadfit.report") / "templates"
    colours = {"light": palette.LIGHT, "dark": palette.DARK}
    return template("page.html").render(
        **_study(result, voice),
        **_figures(result.analysis),
        **curves({name: own.all for name, own in run.replicas.items()}, _rival(result)),
        **predictions(run),
        notes=run.about.notes,
        facts=sections.facts(result, run.seconds),
        drawings=_looked_into(run) if run.model else [],
        run=[*run.about.facts.items(), *_fingerprints(result)],
        style=style(),
        palette=Markup(json.dumps(colours)),
        plotly=Markup(get_plotlyjs()),
        script=Markup((folder / "page.js").read_text("utf-8")),
    )


def _study(result: StudyResult, voice: Voice) -> dict[str, object]:
    """What the result alone says, in words and tables."""
    found = result.analysis
    first = result.arms[0]
    strongest = found.strongest_reference
    measured = next((arm.variance for arm in found.arms if arm.variance), None)
    return {
        "data_name": wording.printable(result.data.name),
        "sizes": wording.sizes(result),
        "design": wording.design(result),
        "headline": headline(found),
        "table": sections.arms(found),
        "by_another": explain_arms.by_another_measure(found),
        "measures": sections.measures(found),
        "gap": sections.gap(found),
        "race": sections.race(result),
        "loss": wording.words_of(found.decides),
        "units": wording.units(found),
        "level": wording.level(found),
        "sentences": explain_study(result, voice),
        "baseline": first.name,
        "best": found.best,
        "mark": "← handed over" if result.model else "← best",
        "referred": strongest.name if strongest else "",
        "varied": what_it_stands_for(found.sampling, voice) if found.sampling else "",
        "variances": [
            {
                "name": wording.words_of(loss).name,
                "table": sections.variances(found, loss),
                "note": sections.note(loss),
            }
            for loss in (measured.losses if measured else ())
        ],
        "split": wording.words_of(next(iter(measured.losses))) if measured else None,
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


def _rival(result: StudyResult) -> tuple[str, float] | None:
    """The best reference of a language model and its loss, which is what is learned by; None of
    other tasks, whose trainings may have losses of other units."""
    found, learned = result.analysis, Loss.CROSS_ENTROPY
    known = {one.name: one.totals[learned] for one in found.references if learned in one.totals}
    if found.token_losses is None or not known:
        return None
    return min(known.items(), key=itemgetter(1))


def _figures(found: Analysis) -> dict[str, object]:
    """The figures of the arms; None where no arm has what is drawn."""
    from steadfit.report import figures
    from steadfit.report.learning_curve import curve_figure

    split = [arm for arm in found.arms if figures.sources(arm)]
    alt = "; ".join(
        f"{wording.printable(arm.name)}: "
        + ", ".join(f"{name} {numbers.quantity(v)}" for name, v in figures.sources(arm).items())
        for arm in split
    )
    together = any("interaction" in figures.sources(arm) for arm in split)
    compared = any(found.decides in arm.changes for arm in found.arms)
    measured = any(arm.variance for arm in found.arms)
    curve = found.learning_curve
    return {
        "learning": embedded(curve_figure(found)) if curve and curve.points else None,
        "parts": embedded(figures.parts(found)) if measured else None,
        "changes": embedded(figures.changes(found)) if compared else None,
        "components": embedded(figures.components(found)) if split else None,
        "together": together,
        "components_alt": f"Variance components. {alt}",
    }


def _looked_into(run: Run) -> list[dict[str, object]]:
    """The figures of the networks themselves."""
    from steadfit.report.network import drawings

    return [_shown(drawing) for drawing in drawings(run)]


def _shown(drawing: Drawing) -> dict[str, object]:
    return {**vars(drawing), "figure": embedded(drawing.figure)}


def _fingerprints(result: StudyResult) -> list[tuple[str, str]]:
    return [
        ("all examples", f"SHA-256 {result.data.digest}"),
        ("test points", f"SHA-256 {result.data.fingerprint}"),
    ]
