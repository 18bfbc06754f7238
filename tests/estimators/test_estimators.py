"""scikit-learn's own checks of the estimators, and what people do with estimators."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from steadfit.data import from_table
from steadfit.errors import SteadfitError
from steadfit.estimators import (
    Forecaster,
    ImageClassifier,
    SequenceClassifier,
    SteadfitClassifier,
    SteadfitRegressor,
)
from steadfit.training import fit as fit_replica
from steadfit.training import trained_model

QUICK = {"epochs": 8, "batch": 16, "learning_rate": 0.01}
X, Y = load_iris(return_X_y=True)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("kind", [SteadfitClassifier, SteadfitRegressor])
def test_scikit_learns_checks_pass_whole(kind):
    found = check_estimator(kind(**QUICK), on_skip=None)
    other = {one["check_name"]: one["exception"] for one in found if one["status"] != "passed"}
    assert set(other) <= {"check_array_api_input"}, "the only one that this machine may skip"
    assert len(found) > 50


def test_a_fit_is_that_of_a_recipe(tmp_path):
    import torch

    model = SteadfitClassifier(**QUICK, random_state=3).fit(X, Y)
    data = from_table(X, Y, task="classes")
    everything = torch.arange(150)
    recipe = model.model_.facts.recipe
    replica = fit_replica(recipe, data, everything, data.take(everything[:1]), 3, "cpu")
    expected = trained_model(recipe, data, [replica]).probabilities(X)
    np.testing.assert_allclose(model.predict_proba(X), expected, atol=1e-5)
    assert recipe.training.epochs == 8
    assert recipe.training.optimizer.learning_rate == 0.01


def test_in_a_pipeline_under_a_grid_search():
    line = make_pipeline(StandardScaler(), SteadfitClassifier(**QUICK))
    search = GridSearchCV(line, {"steadfitclassifier__epochs": [1, 8]}, cv=2).fit(X, Y)
    assert search.best_params_ == {"steadfitclassifier__epochs": 8}
    assert cross_val_score(SteadfitClassifier(**QUICK), X, Y, cv=2).min() > 0.8
    pair = [("net", SteadfitClassifier(**QUICK)), ("line", LogisticRegression(max_iter=500))]
    assert VotingClassifier(pair, voting="soft").fit(X, Y).score(X, Y) > 0.9


def test_a_study_with_remedies_and_its_pickle(tmp_path):
    design = {"repetitions": 1, "variance": "none", "reference": False, "folds": 2}
    model = SteadfitClassifier(
        remedies=["l2"], design=design, processes=1, out=tmp_path / "run", **QUICK
    ).fit(X, np.array(["setosa", "versicolor", "virginica"])[Y])
    assert [arm.name for arm in model.study_.result.arms] == ["baseline", "l2=0.001"]
    assert model.study_.result.data.classes == ("setosa", "versicolor", "virginica")
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    assert str(again.study_) == str(model.study_)
    assert clone(model).get_params() == model.get_params()
    model.set_params(out=None).fit(X, Y)
    assert set(model.predict(X)) == {0, 1, 2}


def test_numbers_sort_as_numbers():
    y = np.array([10, 9, 100])[Y]
    model = SteadfitClassifier(**QUICK).fit(X, y)
    assert model.classes_.tolist() == [9, 10, 100]
    assert model.score(X, y) > 0.9
    assert model.model_.facts.schema.task.classes == ("9", "10", "100")


def test_frames_with_names_and_gaps():
    rng = np.random.default_rng(0)
    town = rng.choice(["Bonn", "Kiel"], 80)
    age = np.where(rng.random(80) < 0.2, np.nan, rng.normal(size=80))
    frame = pd.DataFrame({"town": town, "age": age})
    model = SteadfitClassifier(epochs=30, batch=16, learning_rate=0.01).fit(frame, town == "Kiel")
    assert model.score(frame, town == "Kiel") == 1
    assert model.feature_names_in_.tolist() == ["town", "age"]
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame[["age", "town"]])
    gaps = np.array([[np.nan, 1.0], [2.0, np.nan]] * 10)
    assert np.isfinite(SteadfitRegressor(**QUICK).fit(gaps, np.arange(20.0)).predict(gaps)).all()


def test_several_numbers():
    y = np.stack([X[:, 0], -X[:, 0]], 1)
    model = SteadfitRegressor(epochs=20, batch=16, learning_rate=0.01).fit(X, y)
    assert model.predict(X).shape == (150, 2)
    assert model.score(X, y) > 0.9


def test_a_single_example_is_predicted_as_among_others():
    model = SteadfitRegressor(**QUICK).fit(X, Y.astype(float))
    alone = np.concatenate([model.predict(X[i : i + 1]) for i in range(20)])
    np.testing.assert_allclose(alone, model.predict(X)[:20], rtol=0, atol=1e-12)


def test_series_and_images():
    rng = np.random.default_rng(0)
    y = np.array(["down", "up"])[np.arange(30) % 2]
    series = [rng.normal(size=(rng.integers(3, 6), 1)) + 4 * (k == "up") for k in y]
    quick = {"epochs": 20, "batch": 8, "learning_rate": 0.05}
    net = SequenceClassifier("recurrent", settings={"hidden": 4}, **quick)
    assert net.fit(series, y).score(series, y) > 0.9
    images = rng.random((30, 6, 6)) + (y == "up")[:, None, None]
    net = ImageClassifier("mlp", settings={"width": 0.1}, **QUICK).fit(images, y)
    assert net.score(images, y) > 0.9
    assert net.predict(images[:1]).tolist() == y[:1].tolist()


def test_what_cannot_be_learned_is_said():
    with pytest.raises(SteadfitError, match="y must have two classes or more, got one class: 1"):
        SteadfitClassifier().fit(X, np.ones(150))
    with pytest.raises(SteadfitError, match="There is no model"):
        SteadfitClassifier("mlpp").fit(X, Y)


def test_forecasts():
    steps = np.arange(300.0)
    wave = np.stack([np.sin(steps / 4), np.cos(steps / 4)], 1)
    net = Forecaster(2, 8, model="linear", epochs=20, batch=16, learning_rate=0.02)
    found = net.fit(wave[:250]).predict(wave[:250])
    assert found.shape == (2, 2)
    np.testing.assert_allclose(found, wave[250:252], atol=0.3)
    pair = net.predict([wave[:100], wave[:250]])
    assert pair.shape == (2, 2, 2)
    np.testing.assert_allclose(pair[1], found, atol=1e-5)
    flat = clone(net).set_params(horizon=3, window=None).fit([wave[:, 0], wave[:150, 1]])
    assert flat.predict(wave[:, 0]).shape == (3,)
    assert flat.predict([wave[:, 0]]).shape == (1, 3)
    with pytest.raises(SteadfitError, match=r"must have the 8 steps .* got 7"):
        net.predict(wave[:7])
    with pytest.raises(SteadfitError, match=r"list of series, got an array of shape \(2, 2, 2\)"):
        net.fit(np.zeros((2, 2, 2)))
