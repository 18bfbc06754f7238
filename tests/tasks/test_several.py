"""Several labels an example, against torch, scikit-learn and sums by hand."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar
from sklearn import metrics
from torch import nn

from steadfit.data import from_arrays, from_table, make_folds, split
from steadfit.errors import SteadfitError
from steadfit.kinds import Images
from steadfit.recipe import Training
from steadfit.tasks import Several
from steadfit.training.temperature import best_temperature

RNG = np.random.default_rng(0)
TASK = Several(("calm", "loud", "sad"), "|")
Y = RNG.random((50, 3)) < [0.6, 0.2, 0.4]
Z = RNG.normal(size=(50, 3)) + Y


def test_the_loss_is_torchs_and_its_score_scikit_learns() -> None:
    y, z = torch.from_numpy(Y), torch.from_numpy(Z)
    expected = nn.BCEWithLogitsLoss()(z, y.double())
    assert float(TASK.loss(z, y, Training())) == pytest.approx(float(expected), rel=1e-6)
    loss, error = TASK.score(z, y)
    assert loss == pytest.approx(float(expected))
    assert error == metrics.hamming_loss(Y, Z > 0)
    assert TASK.in_words(loss).startswith(f"test loss {loss:.4f} nats")


def test_smoothing_spreads_over_yes_and_no() -> None:
    y = torch.tensor([[True, False, True]])
    smoothed = Training(label_smoothing=0.2)
    wanted = torch.tensor([[0.9, 0.1, 0.9]])
    z = torch.tensor([[1.0, -2.0, 0.5]])
    expected = nn.BCEWithLogitsLoss()(z, wanted)
    assert float(TASK.loss(z, y, smoothed, smoothed=True)) == pytest.approx(float(expected))
    assert float(TASK.loss(z, y, smoothed)) == pytest.approx(float(TASK.loss(z, y, Training())))


def test_guessing_is_the_least_loss_of_one_answer_for_all() -> None:
    y, shares = torch.from_numpy(Y), Y.mean(0)
    found = TASK.guessing(y, Training())
    assert found == pytest.approx(metrics.log_loss(Y.ravel(), np.tile(shares, 50)))


def test_a_network_begins_at_the_labels_odds() -> None:
    y = torch.from_numpy(Y)
    net = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3))
    TASK.begin(net, y)
    np.testing.assert_allclose(net[2].bias.sigmoid().detach(), (Y.sum(0) + 1) / 52, rtol=1e-5)
    own = nn.Linear(4, 3)
    before = own.bias.clone()
    TASK.begin(own, y)  # no chain of layers: as its author made it
    assert (own.bias == before).all()


def test_a_temperature_has_the_least_binary_cross_entropy() -> None:
    z = 5 * Z

    def loss(inverse: float) -> float:
        p = 1 / (1 + np.exp(-z.ravel() * inverse))
        return float(metrics.log_loss(Y.ravel(), p))

    expected = minimize_scalar(loss, bounds=(0.05, 20), method="bounded").x
    assert best_temperature(*TASK.choices(z, Y)) == pytest.approx(1 / expected, rel=1e-3)


def test_what_is_predicted_is_written_with_the_mark() -> None:
    logits = np.array([[[1.0, -1.0, 2.0], [-1.0, -1.0, -2.0]], [[1.0, 3.0, 1.0], [-1.0, 0.5, 0.0]]])
    assert TASK.predict(logits).tolist() == ["calm|loud|sad", ""]  # by the mean of the members
    found = TASK.columns(["a", "b"], logits, logits)
    assert list(found) == ["input", "labels", "p_calm", "p_loud", "p_sad", "disagreement"]
    np.testing.assert_allclose(found["p_loud"], 1 / (1 + np.exp([-1.0, 0.25])))
    np.testing.assert_allclose(found["disagreement"], [0.5 / 3, 0.5 / 3])
    np.testing.assert_allclose(TASK.averaged(torch.from_numpy(logits)), TASK.probabilities(logits))


def test_labels_of_a_file_are_compared() -> None:
    columns = {"labels": np.array(["calm|loud", "", "sad", "calm"])}
    said = list(TASK.compared(["calm", "", "sad | new", "calm"], columns))
    assert said[0] == 'Labels that the model does not know, which are not counted: "new".'
    y = np.array([[1, 0, 0], [0, 0, 0], [0, 0, 1], [1, 0, 0]])
    z = np.array([[1, 1, 0], [0, 0, 0], [0, 0, 1], [1, 0, 0]])
    macro = metrics.f1_score(y, z, labels=[0, 2], average="macro")  # of those that there are
    micro = metrics.f1_score(y, z, average="micro")
    assert said[1] == (
        "Of 4 labelled texts the labels of 1 are wrong (25.0%), Hamming loss "
        f"{metrics.hamming_loss(y, z):.1%}, macro F1 {macro:.3f}, micro F1 {micro:.3f}."
    )
    assert "loud 0 of 0 found, 1 said in vain" in said[2]
    assert not list(TASK.compared(["", "", "", ""], columns))  # a column without any label
    assert not list(TASK.compared([], columns))


def test_rare_labels_are_in_proportion() -> None:
    """Ten examples have the rare label, always with a frequent one: each of five folds has two."""
    y = np.zeros((100, 3), bool)
    y[:60, 0], y[40:90, 1], y[:10, 2] = True, True, True
    data = from_table(RNG.normal(size=(100, 2)), y, task="several")
    for fold in make_folds(data, 5):
        assert data.y[fold.test][:, 2].sum() == 2
        assert data.y[fold.train][:, 2].sum() == 8
    assert split(data).test.y[:, 2].sum() == 2
    assert data.schema.task.strata(data.y)[[0, 30, 50, 70, 95]].tolist() == [3, 1, 2, 2, 0]


def test_groups_stay_whole() -> None:
    groups = np.arange(60) // 4
    y = RNG.random((60, 3)) < 0.4
    data = from_table(RNG.normal(size=(60, 2)), y, task="several", groups=groups)
    for fold in make_folds(data, 5):
        assert not {*groups[fold.test]} & {*groups[fold.train]}


@pytest.mark.parametrize(
    ("setting", "value"), [("loss", "brier"), ("class_weight", 1.0), ("balanced_sampling", True)]
)
def test_settings_of_classes_are_refused(setting: str, value: object) -> None:
    with pytest.raises(SteadfitError, match=rf"and films is of labels. Leave out .*\.{setting}"):
        TASK.check(Training.of(**{setting: value}), "films")


def test_labels_that_never_vary_are_refused() -> None:
    data = from_arrays(np.zeros((4, 8, 8)), ["a;b"] * 4, several=";")
    with pytest.raises(SteadfitError, match="the labels must vary"):
        split(data)


def test_names_of_a_file_must_differ() -> None:
    with pytest.raises(ValueError, match="different names"):
        Several(("a", "a")).check_kind(Images(1, 8, 8))
