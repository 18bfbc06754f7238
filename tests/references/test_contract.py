"""What every reference of the registry must do."""

import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch

from references.cases import case, take
from steadfit.data import from_arrays, points, split
from steadfit.errors import SteadfitError
from steadfit.references import REFERENCES, Reference, references_for
from steadfit.training import TrainedModel, TrainedReference

NEEDS = {"HOG and logistic regression": "skimage"} | {
    reference.name: reference.needs for reference in REFERENCES.values() if reference.needs
}


@pytest.fixture(params=list(REFERENCES))
def reference(request: pytest.FixtureRequest) -> Reference:
    module = NEEDS.get(request.param)
    if module and find_spec(module) is None:
        pytest.skip(f"{request.param} needs {module}, which is not installed")
    return REFERENCES[request.param]


def test_it_predicts_the_test_points(reference: Reference) -> None:
    parts = split(case(reference.name))
    assert reference.suits(parts.train)
    assert reference.name in parts.train.schema.references
    assert reference in references_for(parts.train)
    assert reference.what.endswith(".")
    predicted = reference.fit(parts.train).predict(parts.test)
    tested = points(parts.test)
    assert predicted.dtype == np.float32
    assert predicted.shape == (len(tested), tested.outputs)
    loss, _ = tested.schema.task.score(torch.from_numpy(predicted), tested.y)
    assert np.isfinite(loss)
    if tested.classes:
        np.testing.assert_allclose(np.exp(predicted).sum(1), 1, atol=1e-5)


def test_the_same_data_and_seed_give_the_same_bits(reference: Reference) -> None:
    parts = split(case(reference.name))
    once, again = (reference.fit(parts.train, seed=3).predict(parts.test) for _ in range(2))
    np.testing.assert_array_equal(once, again)


def test_what_is_predicted_depends_on_the_example_alone(reference: Reference) -> None:
    """Nothing is fitted on test data: with others, or alone, an example gets the same."""
    parts = split(case(reference.name))
    fitted = reference.fit(parts.train)
    tested = points(parts.test)
    together = fitted.outputs(tested.x)
    order = list(range(len(tested)))[::-3]
    apart = np.concatenate([fitted.outputs(take(tested, [i]).x) for i in order])
    np.testing.assert_allclose(apart, together[order], rtol=1e-5, atol=1e-6)


def test_it_suits_no_other_task(reference: Reference) -> None:
    for name in REFERENCES:
        data = case(name)
        if not reference.predicts & {data.schema.task.name, data.schema.task.learned}:
            assert not reference.suits(data)
            assert reference not in references_for(data)


def test_it_is_handed_over(reference: Reference, tmp_path: Path) -> None:
    parts = split(case(reference.name))
    model = TrainedReference(reference.fit(parts.train))
    model.save(tmp_path / "run" / "model")
    again = TrainedModel.load(tmp_path / "run")
    assert isinstance(again, TrainedReference)
    assert again.facts == model.facts
    assert again.facts.reference == reference.name
    np.testing.assert_array_equal(
        again.fitted.predict(parts.test), model.fitted.predict(parts.test)
    )
    if parts.test.schema.task.every_step:
        with pytest.raises(SteadfitError, match="and has no answer for it"):
            again.predict(parts.test.x)
        return
    logits = again.logits(parts.test.x)
    np.testing.assert_array_equal(logits[0], model.fitted.predict(parts.test))
    assert len(again.predict(parts.test.x)) == len(parts.test)
    with pytest.raises(SteadfitError, match="Sampled logits need a network with dropout"):
        again.sampled_logits(parts.test.x)


def test_it_warns_of_nothing_and_leaves_the_threads_alone(reference: Reference) -> None:
    parts = split(case(reference.name))
    torch.set_num_threads(2)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            reference.fit(parts.train).predict(parts.test)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)


class Own(Reference):
    """Always the first class: a person's own, given as an object."""

    name = "the first"
    what = "Always the first class."
    predicts = frozenset({"classes"})

    def learn(self, train, seed):
        from steadfit.references import Learned

        return Learned({"sure": np.array(9.0)})

    def outputs(self, learned, schema, x):
        found = np.zeros((len(x), schema.task.outputs))
        found[:, 0] = learned.arrays["sure"]
        return found


def test_an_own_reference_needs_no_other_file(tmp_path: Path) -> None:
    from steadfit.references import reference_of, scores

    parts = split(case("frequencies"))
    found = scores([reference_of(Own())], parts.train, parts.test)
    assert found[0].error == pytest.approx(2 / 3, abs=0.1)
    with pytest.raises(SteadfitError, match='must be registered to be saved, got "the first"'):
        TrainedReference(Own().fit(parts.train)).save(tmp_path / "model")
    with pytest.raises(SteadfitError, match='There is no reference "meen"'):
        reference_of("meen")


def test_references_of_some_data() -> None:
    digits = from_arrays(np.zeros((4, 8, 8)), [0, 1, 0, 1])
    assert [r.name for r in references_for(digits)] == ["frequencies", "logistic regression"]
    films = case("TF-IDF and logistic regression")
    assert [r.name for r in references_for(films)] == [
        "frequencies",
        "TF-IDF and logistic regression",
    ]
    assert [r.name for r in references_for(case("nearest neighbour"))] == [
        "frequencies",
        "nearest neighbour",
    ]
    assert [r.name for r in references_for(case("naive forecast"))] == [
        "naive forecast",
        "seasonal naive forecast",
        "drift",
        "ridge on lags",
        *(("Holt-Winters", "AutoETS", "Theta") if find_spec("statsmodels") else ()),
    ]
    assert [r.name for r in references_for(case("Kneser-Ney"))] == ["frequencies", "Kneser-Ney"]
