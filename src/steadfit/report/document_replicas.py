"""The page's part on the replicas: how their losses fell, and what they predicted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from steadfit.analysis import points
from steadfit.report import disputed, sections, wording
from steadfit.report.markup import embedded
from steadfit.report.mistakes import surest_mistakes

if TYPE_CHECKING:
    from steadfit.analysis.label_scores import LabelScores
    from steadfit.study.folder import Run
    from steadfit.study.store import Finished

MOST_MARKS = 1000  # in a scatter, beyond which more hide one another
MOST_OUTPUTS = 4
MOST_CLASSES = 300  # of a confusion matrix
BINNED = "Test points in ten bins by the probability of the class predicted"
LONGEST_CLASS = 40  # characters of a class's name, which is repeated often
NOTHING: Mapping[str, object] = {  # what the page has a place for, where there is none of it
    "points": (),
    "points_arm": "",
    "agreement": "",
    "reliability": None,
    "recalls": None,
    "confusion": None,
    "mistakes": None,
    "predicted": (),
    "left_out": "",
    "wrong_texts": (),
    "surest_mistakes": (),
    "labels": None,
    "binned": BINNED,
}


def curves(
    replicas: Mapping[str, Sequence[Finished]], rival: tuple[str, float] | None
) -> dict[str, object]:
    """A small figure an arm, all on one scale, with the loss of a reference."""
    from steadfit.report import replica_figures

    names = ("train_loss", "validation_loss")
    all_of = [one.curves for arm in replicas.values() for one in arm]
    losses = np.array([loss for one in all_of for name in names for loss in one.get(name, ())])
    losses = losses[np.isfinite(losses)]
    if not len(losses):
        return {"curves": [], "validated": False, "rival": None}
    losses = losses if rival is None else np.append(losses, rival[1])
    reach = (float(losses.min()), float(losses.max()))
    drawn = [
        {
            "name": name,
            "figure": embedded(
                replica_figures.curves(name, [one.curves for one in arm], reach, rival)
            ),
        }
        for name, arm in replicas.items()
        if arm
    ]
    validated = any("validation_loss" in one for one in all_of)
    return {"curves": drawn, "validated": validated, "rival": rival and rival[0]}


def predictions(run: Run) -> dict[str, object]:
    """Where replicas disagree, and what the best arm's take for what.

    Only for data with one class, several labels, or one row of numbers, for each test point.
    """
    import torch
    from torch import Tensor

    test, best = run.tested.data, run.result.analysis.best
    shown: dict[str, object] = {**NOTHING, "classed": bool(test.classes)}
    if not isinstance(test.y, Tensor):
        return shown
    if (scores := run.result.analysis.label_scores) is not None:
        return shown | _of_labels(run, scores)
    y = test.y.numpy()
    classes = [wording.shortened(wording.visible(name), LONGEST_CLASS) for name in test.classes]
    few = bool(classes) or y.shape[1] <= MOST_OUTPUTS  # more would be a wall of numbers
    names = dict.fromkeys((run.result.arms[0].name, best))
    sampled = {name: logits for name in names if (logits := run.sampled(name)) is not None}
    rows = run.tested.sampled
    if few and sampled:
        some = test.take(torch.from_numpy(rows))
        shown |= {
            "points_arm": next(iter(sampled)),
            "points": disputed.disagreements(some, y[rows], sampled, classes),
            "agreement": "All replicas agree on every test point.",
        }
    whole = run.repetitions(best)
    if not classes and best in sampled:
        shown |= _scatters(sampled[best], y[rows])
    elif whole and not classes:
        shown |= _scatters(np.stack(whole), y)
    elif whole and len(classes) <= MOST_CLASSES:
        shown |= _mistakes(np.stack(whole), y, classes)
        shown["surest_mistakes"] = surest_mistakes(test, np.stack(whole))
    shown["wrong_texts"] = _wrong_texts(run)
    if classes and whole:
        arms = {name: run.repetitions(name) for name in names}
        shown |= _sureness({name: np.stack(own) for name, own in arms.items() if own}, y, classes)
    return shown


def _of_labels(run: Run, scores: LabelScores) -> dict[str, object]:
    """How well each label is found, and confidence against accuracy of all answers: that a label is
    there, or not."""
    from steadfit.report import class_figures

    test = run.tested.data
    found = {}
    for name in dict.fromkeys((run.result.arms[0].name, run.result.analysis.best)):
        each = [test.schema.task.choices(one, test.y.numpy()) for one in run.repetitions(name)]
        if each:
            found[name] = points.reliability(np.stack([logits for logits, _ in each]), each[0][1])
    return {
        "labels": sections.labels(scores, class_figures.MOST_CLASSES),
        "reliability": embedded(class_figures.reliability(found)) if found else None,
        "binned": "The labels of all test points in ten bins by the probability of the answer, "
        "that a label is there or not",
    }


def _wrong_texts(run: Run) -> list[object]:
    """The texts that the best arm's first network gets wrong, of those that it was tested on."""
    import torch

    from steadfit.recipe import Recipe
    from steadfit.report.wrong_texts import wrong_texts
    from steadfit.training import TrainedModel

    best, test = run.result.analysis.best, run.tested.data
    if not isinstance(run.model, TrainedModel) or run.model.graphs:
        return []
    if test.schema.kind.name != "texts" or run.model.facts.schema.task.every_step:
        return []
    replica, first = run.network(best), run.replicas[best].tested[0][0]
    if replica is None:
        return []
    model = run.model.with_replicas(Recipe.of(**run.result.arm(best).settings), [replica])
    some = test.take(torch.from_numpy(run.tested.sampled))
    return list(wrong_texts(model, some, first.logits))


def _sureness(
    logits: Mapping[str, np.ndarray], y_N: np.ndarray, classes: Sequence[str]
) -> dict[str, object]:
    """Confidence against accuracy of these arms, and how often the last finds each class."""
    from steadfit.report import class_figures

    found = {name: points.reliability(own, y_N) for name, own in logits.items()}
    last = list(logits.values())[-1]
    few = len(classes) <= class_figures.MOST_CLASSES
    return {
        "reliability": embedded(class_figures.reliability(found)),
        "recalls": class_figures.recalls(last, y_N, classes) if few else None,
    }


def _mistakes(logits_RNK: np.ndarray, y_N: np.ndarray, classes: Sequence[str]) -> dict[str, object]:
    """The confusion matrix, and its largest mistakes as a table."""
    from steadfit.report import replica_figures

    shares = points.confusion(points.votes(logits_RNK), y_N)
    return {
        "confusion": embedded(replica_figures.confusion(shares, classes)),
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
        "predicted": [embedded(figure) for figure in drawn],
        "left_out": " ".join(filter(None, left_out)),
    }
