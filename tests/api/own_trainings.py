"""Training functions as people write them, in a module that the command line can name too."""

import os

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

line = LogisticRegression(C=0.5)


def trees(x, y, *, seed, max_depth=3):
    return DecisionTreeClassifier(max_depth=max_depth, random_state=seed).fit(x, y)


def by_call(x, y, *, seed):
    """A function of x, whose columns are in the order of the classes."""
    model = trees(x, y, seed=seed)
    return lambda new: model.predict_proba(new)


def labels(x, y, *, seed):
    return trees(x, y, seed=seed).predict


def reversed_classes(x, y, *, seed):
    class Reversed:
        def __init__(self):
            self.tree = trees(x, y, seed=seed)
            self.classes_ = self.tree.classes_[::-1]

        def predict_proba(self, new):
            return self.tree.predict_proba(new)[:, ::-1]

    return Reversed()


def changing(x, y, *, seed):
    """Changes what it was given, as careless code does."""
    model = trees(x.copy(), y.copy(), seed=seed)
    x[:], y[:] = 0, 0

    def predict(new):
        found = model.predict_proba(new)
        new[:] = 0
        return found

    return predict


def unsteady(x, y, *, seed):
    """Its predictions differ from run to run, whatever the seed."""
    model, share = trees(x, y, seed=seed), int.from_bytes(os.urandom(4), "big") / 2**33
    return lambda new: (1 - share) * model.predict_proba(new) + share / 3


def nothing(x, y, *, seed):
    trees(x, y, seed=seed)


def too_narrow(x, y, *, seed):
    return lambda new: np.full((len(new), 2), 0.5)


def logits(x, y, *, seed):
    return lambda new: np.tile([3.0, -2.0, 1.0], (len(new), 1))


def too_few(x, y, *, seed):
    return lambda new: np.full((3, 3), 1 / 3)


def not_finite(x, y, *, seed):
    return lambda new: np.full((len(new), 3), np.nan)


def other_labels(x, y, *, seed):
    return lambda new: np.full(len(new), 7)


def names(x, y, *, seed):
    return lambda new: np.array(["a"] * len(new))


def failing(x, y, *, seed):
    raise KeyError("depth")


def no_seed(x, y):
    return trees(x, y, seed=0)
