"""Estimators by their methods alone: copies that learned nothing, seeds, and identities."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from steadfit.errors import SteadfitError
from steadfit.training.estimators import estimator_code, is_estimator, made_anew, shown

X, Y = np.random.default_rng(0).normal(size=(30, 4)), np.arange(30) % 3
NESTED = make_pipeline(
    PCA(2), VotingClassifier([("a", RandomForestClassifier(3)), ("b", DecisionTreeClassifier())])
)


def test_a_copy_has_learned_nothing_and_has_every_seed():
    fitted = clone(NESTED).fit(X, Y)
    made = made_anew(fitted, 7)
    assert not hasattr(made[0], "components_")
    seeds = [value for name, value in made.get_params().items() if name.endswith("random_state")]
    assert seeds == [7, 7, 7]
    assert fitted.get_params()["pca__random_state"] is None, "the person's own is as it was"
    np.testing.assert_array_equal(
        made.fit(X, Y).predict(X), made_anew(NESTED, 7).fit(X, Y).predict(X)
    )


def words(text):
    return text.split()


def test_what_tells_estimators_apart():
    def digest(estimator, version=None):
        return estimator_code(estimator, version).digest

    one = digest(RandomForestClassifier(3))
    assert digest(RandomForestClassifier(3, random_state=5)) == one
    assert digest(RandomForestClassifier(4)) != one
    assert digest(RandomForestClassifier(3), "1") != one
    assert digest(RandomForestClassifier(3), "1") != digest(RandomForestClassifier(4), "1")
    assert digest(make_pipeline(PCA(2), RandomForestClassifier(3))) != digest(
        make_pipeline(PCA(3), RandomForestClassifier(3))
    )
    grid = GridSearchCV(DecisionTreeClassifier(), {"max_depth": [1, 2]})
    assert digest(grid) != digest(GridSearchCV(DecisionTreeClassifier(), {"max_depth": [1, 3]}))
    assert digest(TfidfVectorizer(tokenizer=words)) != digest(TfidfVectorizer())
    folds = [digest(GridSearchCV(PCA(), {}, cv=KFold(count))) for count in (2, 3, 3)]
    assert folds[0] != folds[1] == folds[2]


def test_an_identity_is_the_same_in_another_process():
    program = (
        "from sklearn.pipeline import make_pipeline; from sklearn.decomposition import PCA;"
        "from sklearn.ensemble import RandomForestClassifier as F;"
        "from steadfit.training.estimators import estimator_code;"
        "print(estimator_code(make_pipeline(PCA(2), F(3))).digest)"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    expected = estimator_code(make_pipeline(PCA(2), RandomForestClassifier(3))).digest
    assert said.stdout.strip() == expected


def test_what_has_no_plain_form_needs_a_version():
    odd = DecisionTreeClassifier(max_depth=object())
    with pytest.raises(SteadfitError, match='version="1"'):
        estimator_code(odd)
    assert estimator_code(odd, "1").digest
    assert shown(odd)["parameters"]["max_depth"] == "object"


def test_how_it_is_shown():
    found = shown(NESTED)
    assert found["estimator"] == "Pipeline"
    (_, pca), (_, voting) = found["parameters"]["steps"]
    assert pca["parameters"]["n_components"] == 2
    assert "random_state" not in pca["parameters"]
    assert voting["parameters"]["estimators"][0][1]["parameters"]["n_estimators"] == 3
    assert shown(float("nan")) == "nan"
    assert not is_estimator(DecisionTreeClassifier)
