"""What there is to see of texts that a network gets wrong."""

from html import unescape
from pathlib import Path

import numpy as np
import pytest

import steadfit as sf
from steadfit.analysis.confusion import confusion_of
from steadfit.data import Dataset, Ragged, from_texts, split
from steadfit.report.wrong_texts import word_weights, wrong_texts

RNG = np.random.default_rng(3)
Y = RNG.integers(0, 3, 240)
TOLD = np.where(RNG.random(240) < 0.8, Y, (Y + 1) % 3)  # by the last word, which errs at times
TEXTS = [" ".join([*RNG.choice(list("defghij"), 4), "abc"[k]]) for k in TOLD]
FEW = {"epochs": 60}


@pytest.fixture(scope="module")
def data() -> Dataset:
    return from_texts([f"<b>{text.upper()}</b>" for text in TEXTS], [f"<{k}>" for k in Y],
                      strip=["html"])  # fmt: skip


@pytest.fixture(scope="module")
def fitted(data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> sf.Fitted:
    folder = tmp_path_factory.mktemp("fits") / "run"
    return sf.fit(data, out=folder, training=FEW, reference=False)


def test_the_weights_of_a_bags_words_add_up_to_the_difference_of_its_logits(
    data: Dataset, fitted: sf.Fitted
) -> None:
    test = split(data).test
    assert isinstance(test.x, Ragged)
    logits = fitted.model.logits(test.x)[0].astype(np.float64)
    said, label = logits.argmax(1), (test.y.numpy() + 1) % 3
    sums = np.array([row.sum() for row in word_weights(fitted.model, test.x, said, label)])
    rows = np.arange(len(said))
    bias = next(value.numpy() for name, value in fitted.model.weights[0].items() if "bias" in name)
    bias = bias / fitted.model.preparation.temperature[0]
    wanted = logits[rows, said] - logits[rows, label] - (bias[said] - bias[label])
    np.testing.assert_allclose(sums, wanted, atol=1e-4)


def test_the_words_that_decided_are_those_that_tell_the_class(
    data: Dataset, fitted: sf.Fitted
) -> None:
    found = wrong_texts(fitted.model, split(data).test)
    assert found
    assert all(one.label != one.said for one in found)
    assert np.mean([one.words[0][0] == "abc"[int(one.said[1])] for one in found]) > 0.8
    assert all(one.text.startswith("<b>") and one.text.isupper() is False for one in found)
    shares = [one.probability for one in found if one.label == found[0].label]
    assert shares == sorted(shares, reverse=True)
    assert len(shares) <= 10


def test_another_network_has_words_that_decided_too(tmp_path: Path) -> None:
    data = from_texts(TEXTS, Y)
    small = {"hidden": 4, "embedding": 4}
    run = sf.fit(data, "recurrent", out=tmp_path / "run", settings=small, training={"epochs": 1},
                 reference=False)  # fmt: skip
    found = wrong_texts(run.model, split(data).test)
    assert found
    assert any(one.words for one in found)


def test_the_page_of_a_fit_has_texts_as_written_and_escaped(fitted: sf.Fitted) -> None:
    page = (fitted.folder / "report.html").read_text()
    assert "<b>" not in page.lower().replace("<bdi>", "")
    assert "<b>" in unescape(page).lower()
    assert "<script" not in page
    assert "default-src 'none'" in page


def test_a_fit_shows_the_errors_of_each_class_and_what_is_taken_for_what(
    data: Dataset, fitted: sf.Fitted
) -> None:
    test = split(data).test
    said, y = fitted.model.predict(test.x), np.array([data.classes[k] for k in test.y])
    for one in fitted.result.confusion.classes:
        assert one.points == (y == one.name).sum()
        assert one.wrong == ((y == one.name) & (said != one.name)).sum()
    for pair in fitted.result.confusion.confused:
        assert pair.count == ((y == pair.label) & (said == pair.said)).sum()
    assert sum(pair.count for pair in fitted.result.confusion.confused) == (said != y).sum()
    text = str(fitted)
    assert "true class" in text
    assert "taken for" in text
    assert "&lt;0&gt;" in fitted._repr_html_()


def test_classes_without_test_points_are_not_counted() -> None:
    found = confusion_of(np.array([2, 2]), np.array([2, 0]), ["a", "b", "c"])
    assert [one.name for one in found.classes] == ["a", "c"]
    assert found.confused[0].said == "c"


def test_a_study_shows_wrong_texts_and_shows_them_again_without_the_data(tmp_path: Path) -> None:
    done = sf.study(
        from_texts([f"{text}!" for text in TEXTS[:90]], Y[:90]), remedies=[], folds=2,
        repetitions=1, training={"epochs": 1}, reference=False, processes=1, out=tmp_path / "run",
    )  # fmt: skip
    page = (done.folder / "report.html").read_text()
    assert "Texts taken for another class" in page
    assert "for it spoke" in page
    from steadfit import api
    from steadfit.report.voice import PYTHON

    api.report(done.folder, PYTHON)
    assert "for it spoke" in (done.folder / "report.html").read_text()
