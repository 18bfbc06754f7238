"""Gradient-boosted trees on the columns of a table, or the steps of short series."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from steadfit.data import Dataset, Schema
from steadfit.errors import SteadfitError
from steadfit.references.base import Learned, Reference
from steadfit.references.classifying import seen, with_absent
from steadfit.references.labels import log_odds
from steadfit.references.linear import columns
from steadfit.references.shapes import Shapes

_TOGETHER = 1_000_000  # paths that are followed at the same time
_DEEPEST = 100  # nodes of a path; scikit-learn's own trees have 31 leaves
_MOST_TREES = 100  # of a sum, scikit-learn's own number

TREES: Shapes = {
    "base": ("sums",),
    "roots": ("trees",),
    "output": ("trees",),
    **dict.fromkeys(
        ("column", "threshold", "left", "right", "leaf", "missing_left", "value"), ("nodes",)
    ),
    "columns": (),
}


@dataclass(frozen=True)
class BoostedTrees(Reference):
    """scikit-learn's `HistGradientBoosting…` with its own settings.

    The trees are kept as arrays of nodes, so that no program is read from a model's file.
    """

    name = "boosted trees"
    what = "Gradient-boosted trees on the columns of a table, or on series of at most 64 numbers."
    predicts = frozenset({"classes", "numbers"})
    shapes: ClassVar[Shapes] = {**TREES, "present": ("seen",), "examples": ()}

    def suits(self, data: Dataset) -> bool:
        kind = data.schema.kind
        return super().suits(data) and 0 < kind.columns(data.x) <= kind.most_for_trees

    def learn(self, train: Dataset, seed: int) -> Learned:
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        matrix, y = columns(train.schema, train.x), train.y.numpy()
        state = seed % 2**32
        if not train.classes:
            models = [
                HistGradientBoostingRegressor(random_state=state).fit(matrix, column)
                for column in y.T.astype(np.float64)
            ]
            return Learned(_nodes(models) | {"columns": np.array(matrix.shape[1])})
        present = seen(y)
        model = HistGradientBoostingClassifier(random_state=state).fit(matrix, y)
        facts = {"present": present, "examples": np.array(len(y))}
        return Learned(_nodes([model]) | facts | {"columns": np.array(matrix.shape[1])})

    def outputs(self, learned: Learned, schema: Schema, x: Any) -> np.ndarray:
        arrays = learned.arrays
        raw = _sums(arrays, columns(schema, x, int(arrays["columns"])))
        if "present" not in arrays:
            return raw
        if raw.shape[1] == 1:  # of two classes the second's alone
            raw = np.hstack([np.zeros_like(raw), raw])
        return with_absent(raw, arrays["present"], schema.task.outputs, int(arrays["examples"]))


@dataclass(frozen=True)
class LabelTrees(BoostedTrees):
    """A sum of trees for each label; one that all training examples have, or none, has its log
    odds by Laplace's rule."""

    name = "boosted trees per label"
    what = "Gradient-boosted trees for each label, on columns or on series of at most 64 numbers."
    predicts = frozenset({"labels"})
    shapes: ClassVar[Shapes] = {**TREES, "odds": ("outputs",), "varying": ("sums",)}

    def learn(self, train: Dataset, seed: int) -> Learned:
        from sklearn.ensemble import HistGradientBoostingClassifier

        matrix, y = columns(train.schema, train.x), train.y.numpy()
        varying = np.flatnonzero(y.any(0) & ~y.all(0))
        if not len(varying):
            raise SteadfitError("a label must be there in some training examples, not in all.")
        state = seed % 2**32
        models = [
            HistGradientBoostingClassifier(random_state=state).fit(matrix, y[:, label])
            for label in varying
        ]
        facts = {"odds": log_odds(y), "varying": varying, "columns": np.array(matrix.shape[1])}
        return Learned(_nodes(models) | facts)

    def outputs(self, learned: Learned, schema: Schema, x: Any) -> np.ndarray:
        arrays = learned.arrays
        found = np.tile(arrays["odds"], (len(x), 1))
        matrix = columns(schema, x, int(arrays["columns"]))
        found[:, arrays["varying"]] = _sums(arrays, matrix)
        return found


def _nodes(models: list[Any]) -> dict[str, np.ndarray]:
    """All trees' nodes, one after the other.

    roots: the first node of each tree; output: which sum a tree adds to.
    """
    trees, output = [], []
    base = np.concatenate([np.ravel(model._baseline_prediction) for model in models])
    for number, model in enumerate(models):
        for iteration in model._predictors:
            for k, tree in enumerate(iteration):
                trees.append(tree.nodes)
                output.append(number + k)
    sizes = np.array([len(nodes) for nodes in trees])
    roots = np.cumsum(sizes) - sizes
    nodes, first = np.concatenate(trees), np.repeat(roots, sizes)
    return {
        "base": base,
        "roots": roots,
        "output": np.array(output),
        "column": nodes["feature_idx"].astype(np.int64),
        "threshold": np.nan_to_num(nodes["num_threshold"]),  # infinite where all but NaN go left
        "left": nodes["left"] + first,
        "right": nodes["right"] + first,
        "leaf": nodes["is_leaf"].astype(bool),
        "missing_left": nodes["missing_go_to_left"].astype(bool),
        "value": nodes["value"],
    }


def _sums(arrays: Any, matrix: np.ndarray) -> np.ndarray:
    """What the trees' leaves add up to, shape (examples, outputs)."""
    trees = len(arrays["output"])
    if trees > _MOST_TREES * len(arrays["base"]):
        raise ValueError(f"a sum must have at most {_MOST_TREES} trees")
    found = np.tile(arrays["base"], (len(matrix), 1))
    together = max(1, _TOGETHER // max(1, trees))
    for begin in range(0, len(matrix), together):
        rows = np.arange(begin, min(begin + together, len(matrix)))
        node = np.tile(arrays["roots"], (len(rows), 1))
        for _ in range(_DEEPEST):
            leaf = arrays["leaf"][node]
            if leaf.all():
                break
            value = matrix[rows[:, None], arrays["column"][node]]
            left = (value <= arrays["threshold"][node]) | (
                np.isnan(value) & arrays["missing_left"][node]
            )
            child = np.where(left, arrays["left"][node], arrays["right"][node])
            node = np.where(leaf, node, child)
        else:
            raise ValueError("a path through a tree must end")
        for tree in range(trees):
            found[rows, arrays["output"][tree]] += arrays["value"][node[:, tree]]
    return found
