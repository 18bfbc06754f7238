"""Figures on real data: published ones where there are such, else what scikit-learn gave once."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.model_selection import StratifiedKFold

from steadfit.data import Split, points, read, scaled_errors, split
from steadfit.references import REFERENCES, references_for, scores


def figures(name: str, parts: Split) -> tuple[float, float]:
    """Loss and share of errors, 0 where there are none."""
    (found,) = scores([REFERENCES[name]], parts.train, parts.test)
    assert not found.left_out
    return found.loss, found.error or 0.0


@pytest.mark.parametrize(
    ("name", "published"), [("GunPoint", 0.0867), ("OSULeaf", 0.4793), ("ACSF1", 0.46)]
)
def test_the_archives_nearest_neighbour(name: str, published: float, shared_data: Path) -> None:
    """Errors of 1-NN with Euclidean distance (Dau et al. 2019, the archive's table)."""
    parts = split(read(shared_data / "series" / name / f"{name}_TRAIN.ts"))
    loss, error = figures("nearest neighbour", parts)
    assert error == pytest.approx(published, abs=0.0005)
    assert loss < figures("frequencies", parts)[0]


def test_japanese_vowels(shared_data: Path) -> None:
    """Published: 7.6% with lengths made equal by padding, no scaling (Bagnall et al. 2018)."""
    file = shared_data / "series" / "JapaneseVowels" / "JapaneseVowels_TRAIN.ts"
    loss, error = figures("nearest neighbour", split(read(file)))
    assert error == pytest.approx(15 / 370)
    assert loss < 0.3


def test_film_reviews(shared_data: Path) -> None:
    parts = split(read(shared_data / "text" / "movie_reviews.csv"))
    loss, error = figures("TF-IDF and logistic regression", parts)
    assert loss == pytest.approx(0.487, abs=0.002)
    assert error == pytest.approx(0.237, abs=0.003)
    assert figures("frequencies", parts)[0] == pytest.approx(np.log(2), abs=1e-4)


def test_digits_by_five_folds() -> None:
    """Each image is tested once; folds of scikit-learn's own."""
    data = read("digits")
    wrong = 0.0
    for fitted, held in StratifiedKFold(5, shuffle=True, random_state=0).split(data.y, data.y):
        train, test = (data.take(torch.from_numpy(rows)) for rows in (fitted, held))
        wrong += figures("logistic regression", Split(train, test))[1] * len(test)
    assert 0.025 < wrong / len(data) < 0.04


def test_airline(shared_data: Path) -> None:
    """The seasonal naive forecast is far better than the last value, and lags better than both.

    The first two against the column itself: the last value, and that of a year before.
    """
    file = shared_data / "forecast" / "Airline.csv"
    parts = split(read(file, horizon=6, target="Passengers", season=12))
    column = np.loadtxt(file, delimiter=",", skiprows=1, usecols=1)

    def mase(name: str) -> float:
        found = torch.from_numpy(REFERENCES[name].fit(parts.train).predict(parts.test))
        return float(scaled_errors(parts.train, parts.test, found, 12).mean())

    assert parts.train.structure.spans is not None
    assert parts.test.structure.spans is not None
    first = parts.train.structure.spans[:, 1].numpy()  # what the naive forecast's error is over
    unit = np.abs(column[first] - column[first - 12]).mean()
    begins = parts.test.structure.spans[:, 1].numpy()
    steps = begins[:, None] + np.arange(6)
    by_hand = [
        np.abs(column[steps] - column[begins - 1][:, None]).mean() / unit,
        np.abs(column[steps] - column[steps - 12]).mean() / unit,
    ]
    names = [reference.name for reference in references_for(parts.train)]
    by_statsmodels = ["Holt-Winters", "AutoETS", "Theta"] if find_spec("statsmodels") else []
    simple = ["naive forecast", "seasonal naive forecast", "drift", "ridge on lags"]
    assert names == [*simple, *by_statsmodels]
    found = [mase(name) for name in simple if name != "drift"]
    assert found[:2] == pytest.approx(by_hand, rel=1e-5)
    assert found[0] > 2 * found[1] > 4 * found[2]
    back = points(parts.test).x.padded()[:, :, 0]  # pyright: ignore[reportAttributeAccessIssue]
    found = REFERENCES["seasonal naive forecast"].fit(parts.train).predict(parts.test)
    np.testing.assert_array_equal(found, back[:, -12:-6])  # the same months of the year before


def test_shakespeare(shared_data: Path) -> None:
    """2.20 bits a character where the last tenth is held out."""
    parts = split(read(shared_data / "text" / "tinyshakespeare.txt"), test=0.1)
    loss, _ = figures("Kneser-Ney", parts)
    assert loss / np.log(2) == pytest.approx(2.200, abs=0.003)
    assert figures("frequencies", parts)[0] / np.log(2) == pytest.approx(4.8, abs=0.05)
