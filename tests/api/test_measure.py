"""Training functions and estimators compared by retraining, against scikit-learn's own folds."""

import json
import shutil
from functools import partial

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

import steadfit as sf
from api import own_trainings as own
from steadfit import api
from steadfit.analysis.terms import Verdict
from steadfit.data import from_series, from_table, from_texts
from steadfit.errors import SteadfitError
from steadfit.study.design import Design
from steadfit.study.engines import SerialEngine
from steadfit.study.plan import make_plan

QUICK = {"repetitions": 1, "variance": "none", "reference": False}


@pytest.fixture(scope="module")
def iris():
    x, y = load_iris(return_X_y=True)
    return from_table(x, y, "iris")


def measured(arms, data, tmp_path, **options):
    """In this process: the functions of this module need no worker."""
    return sf.measure(arms, data, out=tmp_path / "run", engine=SerialEngine(), **QUICK | options)


def folds_of(data):
    """The folds of the first repetition, as scikit-learn takes them."""
    plan = make_plan(data, Design())
    return [(fold.train.numpy(), fold.test.numpy()) for fold in plan.folds[0]]


def test_figures_are_those_of_scikit_learn_on_the_same_folds(iris, tmp_path):
    arms = {
        "line": make_pipeline(StandardScaler(), LogisticRegression()),
        "tree": DecisionTreeClassifier(max_depth=2),
        "by call": own.by_call,
    }
    found = measured(arms, iris, tmp_path).result.analysis
    x, y = load_iris(return_X_y=True)
    for name, model in [*list(arms.items())[:2], ("by call", DecisionTreeClassifier(max_depth=3))]:
        shares = cross_val_predict(model, x, y, cv=folds_of(iris), method="predict_proba")
        totals = found.arm(name).totals
        right = np.maximum(shares[np.arange(len(y)), y], 1e-12)
        if name == "line":  # of trees, equal splits are chosen by the seed
            assert totals["error"] == pytest.approx((shares.argmax(1) != y).mean())
            assert totals["cross_entropy"] == pytest.approx(-np.log(right).mean(), rel=1e-5)
        else:
            assert totals["error"] == pytest.approx((shares.argmax(1) != y).mean(), abs=0.02)
    assert [arm.name for arm in found.arms] == ["line", "tree", "by call"]
    assert found.arms[0].verdict is Verdict.BASELINE


def test_numbers_too(tmp_path):
    x, y = load_diabetes(return_X_y=True)
    data = from_table(x, y, "diabetes")
    arms = {"tree": DecisionTreeRegressor(max_depth=2), "baseline": Ridge(0.1)}
    done = measured(arms, data, tmp_path)
    found = done.result.analysis
    assert found.baseline.name == "baseline", "the arm of that name, wherever it is"
    predicted = cross_val_predict(Ridge(0.1), x.astype(np.float32), y, cv=folds_of(data))
    assert found.baseline.totals["squared"] == pytest.approx(
        np.square(predicted - y).mean(), rel=1e-5
    )
    assert found.arm("tree").verdict is Verdict.WORSE
    assert "No arm is better than baseline by a standard error." in str(done)


def test_the_same_report_without_the_code(iris, tmp_path):
    done = sf.measure(
        {"tree": own.trees, "deeper": partial(own.trees, max_depth=5)},
        iris, out=tmp_path / "run", samples=2, repetitions=1, processes=1,
    )  # fmt: skip
    assert done.result.repeats is True
    settings = {arm.name: arm.settings for arm in done.result.arms}
    assert settings["deeper"]["arguments"] == {"max_depth": 5}
    assert [one.name for one in done.result.references] == [
        "frequencies", "logistic regression", "boosted trees",
    ]  # fmt: skip
    again = api.report(tmp_path / "run")
    assert str(again) == str(done)
    assert "handed over" not in str(done) + (tmp_path / "run" / "report.html").read_text()
    with pytest.raises(SteadfitError, match="There is no model, because none was asked for"):
        assert again.model


def test_what_was_trained_is_kept_by_source_and_arguments(iris, tmp_path):
    seen = []
    for arms in (
        {"a": own.trees},
        {"a": own.trees, "b": partial(own.trees, max_depth=3)},
        {"a": own.trees, "c": partial(own.trees, max_depth=4)},
        {"a": own.line},
    ):
        progress = []
        options = {"replace": len(seen) == 3}
        measured(arms, iris, tmp_path, watch=progress.append, **options)
        of_study = [one for one in progress if one.what == "repetition 1"]
        seen.append(of_study[0].total - of_study[0].found)
    assert seen == [5, 5, 5, 5]
    assert len([one for one in (tmp_path / "run" / "store").iterdir() if len(one.name) == 64]) == 20


def test_code_that_has_changed_is_said_and_trained_again(iris, tmp_path):
    def of(depth):
        def train(x, y, *, seed):
            return own.trees(x, y, seed=seed, max_depth=depth)

        return train

    def run(depth):
        done = measured({"same": own.trees, "changed": of(depth)}, iris, tmp_path)
        return set(done.result.arms[1].keys), [note for note in done.notes if "code" in note]

    first, said = run(1)
    assert said == []
    second, said = run(2)
    assert said == [
        "The code of changed has changed since this folder's last study: it is trained again. "
        "What was trained before is kept."
    ]
    assert not first & second
    assert run(2) == (second, [])
    assert all((tmp_path / "run" / "store" / key).exists() for key in first)


def test_a_version_names_the_code_and_not_its_arguments(iris, tmp_path):
    arms = {
        "a": own.trees,
        "b": partial(own.trees, max_depth=1),
        "c": DecisionTreeClassifier(max_depth=1),
        "d": DecisionTreeClassifier(max_depth=3),
    }
    done = measured(arms, iris, tmp_path, version="1")
    assert len({key for arm in done.result.arms for key in arm.keys}) == 20
    errors = [arm.totals["error"] for arm in done.result.analysis.arms]
    assert errors[0] == pytest.approx(errors[3], abs=0.03)
    assert errors[1] == errors[2] > errors[0]


def test_a_changed_order_of_columns_is_named_by_classes(iris, tmp_path):
    arms = {"as is": own.trees, "reversed": own.reversed_classes, "careless": own.changing}
    found = measured(arms, iris, tmp_path).result.analysis
    for arm in found.arms[1:]:
        assert arm.totals == pytest.approx(found.arms[0].totals)
    x, y = load_iris(return_X_y=True)
    np.testing.assert_array_equal(iris.x.values, x.astype(np.float32))
    np.testing.assert_array_equal(iris.y, y)


def test_labels_decide_by_the_error(iris, tmp_path):
    arms = {"shares": own.trees, "labels": own.labels, "svm": LinearSVC(max_iter=10_000)}
    done = sf.measure(
        arms, iris, out=tmp_path / "run", samples=2, repetitions=1, variance="all",
        engine=SerialEngine(),
    )  # fmt: skip
    found = done.result.analysis
    assert found.decides == "error"
    assert set(found.arms[0].totals) == {"error", "balanced_error", "f1"}
    assert found.arm("labels").totals == found.arm("shares").totals
    assert "labels and svm name classes without probabilities" in str(done)
    assert (tmp_path / "run" / "report.html").exists()
    with pytest.raises(SteadfitError, match="decide_by must be error, balanced_error or f1, as"):
        measured(arms, iris, tmp_path, decide_by="brier")


def test_a_seed_that_does_not_decide_is_said_with_the_arm(iris, tmp_path):
    arms = {"steady": own.trees, "unsteady": own.unsteady}
    done = measured(arms, iris, tmp_path)
    assert done.result.repeats is False
    assert done.result.not_repeated == ("unsteady",)
    assert "the first training of unsteady, done twice, gave other predictions" in str(done)


def test_each_kind_comes_as_other_libraries_have_it(tmp_path):
    seen = []

    def spy(x, y, *, seed):
        seen.append((x, y, seed))
        return lambda new: np.tile(np.eye(2)[0], (len(new), 1))

    y = np.array(["dog", "cat"] * 10)
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 255, (20, 6, 5), dtype=np.uint8)
    ragged = [rng.normal(size=(3 + i % 2, 2)) for i in range(20)]
    texts = [f"Film {i % 7} was {word}!" for i, word in enumerate(y)]
    equal = list(rng.normal(size=(20, 4, 3)))
    of_kinds = (
        sf.from_arrays(pixels, y),
        from_series(ragged, y),
        from_series(equal, y),
        from_texts(texts, y),
    )
    for number, data in enumerate(of_kinds):
        measured({"spy": spy}, data, tmp_path / str(number), folds=2, version="1")
    images, series, equal, words = (seen[i][0] for i in range(0, len(seen), len(seen) // 4))
    assert images.shape == (10, 1, 6, 5)
    assert images.dtype == np.uint8
    assert {one.shape[1] for one in series} == {2}
    assert {len(one) for one in series} == {3, 4}
    assert equal.shape == (10, 4, 3)
    assert all(text.endswith("cat !") or text.endswith("dog !") for text in words)
    assert {frozenset(y.tolist()) for _, y, _ in seen} == {frozenset({0, 1})}
    assert all(0 <= seed < 2**31 for _, _, seed in seen)


def test_texts_for_a_pipeline_and_images_as_rows(tmp_path):
    y = np.array(["good", "bad"] * 20)
    texts = [f"a {word} film {i % 5}" for i, word in enumerate(y)]
    line = LogisticRegression()
    done = measured({"bag": make_pipeline(TfidfVectorizer(), line)}, from_texts(texts, y), tmp_path)
    assert done.result.analysis.baseline.totals["error"] == 0
    digits = sf.read("digits", limit=100)
    measured({"line": LogisticRegression(max_iter=2000)}, digits, tmp_path / "images", folds=2)


@pytest.mark.parametrize(
    ("arm", "said"),
    [
        (own.nothing, "it must return a function that predicts, or an object .* got NoneType"),
        (own.too_narrow, r"a column for each of the 3 classes, got shape \(30, 2\)"),
        (own.logits, r"must be probabilities, each row with a sum of 1, got values from -2 to 3"),
        (own.too_few, "must predict each of the 30 examples, got 3 predictions"),
        (own.not_finite, "must be finite, got NaN or infinity for 30 of 30 examples"),
        (own.other_labels, "must be class numbers from 0 to 2, or probabilities .*, got 7"),
        (own.names, "must be an array of numbers, got ndarray of <U1"),
        (own.failing, "own_trainings:failing raised KeyError: 'depth'"),
        (own.no_seed, r"it must take train\(x, y, seed=0\), and no_seed\(x, y\) does not"),
        (DecisionTreeClassifier, "got the class DecisionTreeClassifier. Give an object of it"),
        ("own_trainingss:trees", "There is no module own_trainingss"),
        ("steadfit.data:trees", "There is no trees in steadfit.data"),
        (3, "it must be a function train.* or an estimator, got int"),
        (partial(own.trees, max_depth=object()), "must be a plain value, or .* version"),
        (DecisionTreeClassifier(max_depth=-3), "raised InvalidParameterError"),
    ],
)
def test_what_is_wrong_is_said_with_the_arm_before_the_study(iris, tmp_path, arm, said):
    with pytest.raises(SteadfitError, match=f"^odd: .*{said}"):
        measured({"good": own.trees, "odd": arm}, iris, tmp_path)
    store = tmp_path / "run" / "store"
    assert not store.exists() or not [one for one in store.iterdir() if len(one.name) == 64]


def test_what_cannot_reach_a_worker_is_said(iris, tmp_path):
    import threading

    lock = threading.Lock()

    def train(x, y, *, seed):
        with lock:
            return own.trees(x, y, seed=seed)

    with pytest.raises(SteadfitError, match=r"^odd: .*train cannot be sent to a worker process"):
        measured({"odd": train}, iris, tmp_path, version="1")


@pytest.mark.parametrize(
    ("arms", "said"),
    [
        ({}, "arms must be training functions or estimators by name, .* got none"),
        ([own.trees], "arms must be training functions .* got list"),
        ({"": own.trees}, "An arm's name must be a text, got ''"),
        ({"boosted trees": own.trees}, 'a name of its own, got "boosted trees", a reference\'s'),
    ],
)
def test_what_are_no_arms_is_refused(iris, tmp_path, arms, said):
    with pytest.raises(SteadfitError, match=said):
        measured(arms, iris, tmp_path)


def test_a_language_model_is_no_training_function(tmp_path):
    data = sf.read("copy", length=5, train=10, test=5)
    with pytest.raises(SteadfitError, match="predicts classes, labels or numbers"):
        measured({"tree": own.trees}, data, tmp_path)


def test_code_that_fails_later_fails_its_arm_alone(iris, tmp_path):
    calls = []

    def third_time_unlucky(x, y, *, seed):
        calls.append(seed)
        if len(calls) == 3:
            raise ValueError("no luck")
        return own.trees(x, y, seed=seed)

    arms = {"good": own.trees, "unlucky": third_time_unlucky}
    done = measured(arms, iris, tmp_path, version="1")
    assert done.result.analysis.arm("unlucky").verdict is Verdict.FAILED
    assert "unlucky failed: in 1 retraining its own code raised an error" in str(done)
    assert done.result.analysis.best == "good"


def test_from_the_command_line(tmp_path, monkeypatch, capsys):
    x, y = load_iris(return_X_y=True)
    lines = [",".join(map(str, [*row, f"kind{k}"])) for row, k in zip(x, y, strict=True)]
    (tmp_path / "iris.csv").write_text("\n".join(["a,b,c,d,kind", *lines]))
    shutil.copy(str(own.__file__), tmp_path / "mytrain.py")
    monkeypatch.chdir(tmp_path)
    from steadfit.cli import main

    with pytest.raises(SystemExit) as ended:
        main([
            "measure", "iris.csv", "--target", "kind", "--train", "mytrain:trees",
            "--arm", "line=mytrain:line", "--repetitions", "1", "--variance", "none",
            "--processes", "1", "--out", "run",
        ])  # fmt: skip
    assert ended.value.code in (None, 0)
    found = json.loads((tmp_path / "run" / "study.json").read_text())
    assert [arm["name"] for arm in found["arms"]] == ["baseline", "line"]
    assert found["model"] is None
    assert "line" in capsys.readouterr().out


def test_what_was_measured_hands_over_no_model_which_is_said(iris, tmp_path):
    measured({"tree": DecisionTreeClassifier(max_depth=2)}, iris, tmp_path)
    with pytest.raises(SteadfitError, match="handed over no model, as none was asked for"):
        sf.TrainedModel.load(tmp_path / "run")
