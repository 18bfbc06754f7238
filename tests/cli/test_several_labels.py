"""Studies of several labels by the command: the table, the report, and new files."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

import steadfit as sf
from steadfit.cli import main
from steadfit.prediction import predictions

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 3))
Y = np.stack([X[:, 0] > 0, X[:, 1] > 0.8], 1)


def run(*arguments: object) -> None:
    with pytest.raises(SystemExit) as ended:
        main(list(map(str, arguments)))
    assert ended.value.code in (0, None)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("several")
    cells = [";".join(np.array(["high", "=wide"])[row]) for row in Y]
    rows = [f"{','.join(map('{:.3f}'.format, x))},{c}" for x, c in zip(X, cells, strict=True)]
    (folder / "t.csv").write_text("\n".join(["a,b,c,kinds", *rows]))
    run(
        "study", folder / "t.csv", "--target", "kinds", "--several", ";", "--remedy", "dropout",
        "--samples", 2, "--repetitions", 1, "--epochs", 20, "--processes", 1, "--out",
        folder / "run",
    )  # fmt: skip
    return folder / "run"


def test_the_study_says_what_it_measured(study: Path, capsys) -> None:
    run("show", study)
    shown = " ".join(capsys.readouterr().out.split())
    assert "t · 120 rows of 3 columns · 2 labels · 120 tested" in shown
    assert "Hamming loss % binary cross-entropy change" in shown
    assert "better than logistic regression per label" in shown or "do not tell" in shown
    assert "Binary cross-entropy in nats, the mean over the labels." in shown
    found = json.loads((study / "study.json").read_text())
    assert found["data"]["labels"] == ["=wide", "high"]
    totals = found["analysis"]["arms"][0]["totals"]
    assert list(totals) == [
        "binary_cross_entropy", "binary_brier", "hamming", "exact_match", "macro_f1", "micro_f1",
    ]  # fmt: skip
    losses = found["analysis"]["arms"][0]["variance"]["losses"]
    assert set(losses) == {"binary_cross_entropy", "binary_brier", "hamming"}
    each = found["analysis"]["label_scores"]["labels"]
    assert [one["points"] for one in each] == [int(Y[:, 1].sum()), int(Y[:, 0].sum())]


def test_the_report_has_a_table_of_labels(study: Path) -> None:
    page = (study / "report.html").read_text()
    assert "How often each label is found" in page
    assert "The labels of all test points in ten bins" in page
    assert "What is taken for what" not in page
    assert "Predicted against true" not in page
    assert "Where the replicas disagree" not in page


def test_new_rows_get_their_labels_and_probabilities(study: Path, tmp_path: Path) -> None:
    rows = [",".join(map(str, x)) for x in X[:30]]
    (tmp_path / "new.csv").write_text("\n".join(["a,b,c", *rows]))
    found = list(csv.DictReader(io.StringIO(predictions(study, tmp_path / "new.csv").text)))
    assert list(found[0]) == ["input", "labels", "p_=wide", "p_high", "disagreement"]
    model = sf.TrainedModel.load(study)
    shares = model.probabilities(X[:30])
    np.testing.assert_allclose([float(row["p_high"]) for row in found], shares[:, 1], atol=1e-6)
    expected = [";".join(np.array(["=wide", "high"])[row > 0.5]) for row in shares]
    assert [row["labels"].removeprefix("'") for row in found] == expected  # no formula, harmless
