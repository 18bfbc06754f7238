"""`sf.analyse` and `steadfit analyse`: predictions and scores that were made elsewhere."""

import numpy as np
import pandas
import pytest

import steadfit as sf
from steadfit.cli import main
from steadfit.errors import SteadfitError

ROWS = [
    {"arm": arm, "seed": seed, "score": value + 0.01 * seed + 0.002 * seed**2 * wobble}
    for arm, value, wobble in (("base", 0.8, 1), ("new", 0.95, -1), ("odd", 0.8, 2))
    for seed in range(4)
]


@pytest.mark.parametrize("table", [ROWS, pandas.DataFrame(ROWS)], ids=["rows", "frame"])
def test_scores_as_people_have_them(table):
    text = str(sf.analyse(scores=table))
    assert text.splitlines()[0].split() == [
        "arm",
        "seeds",
        "score",
        "change",
        "(95%)",
        "chance",
        "better",
    ]
    assert "better" in next(line for line in text.splitlines() if line.startswith("new"))
    assert "odd: 5 seeds more an arm would make its interval" in text


def test_the_command_line_reads_a_csv_of_scores(tmp_path, capsys):
    path = tmp_path / "scores.csv"
    pandas.DataFrame(ROWS).to_csv(path, index=False)
    with pytest.raises(SystemExit, match="0"):
        main(["analyse", str(path), "--paired"])
    told = capsys.readouterr().out
    assert "in pairs of one seed" in told
    pandas.DataFrame(ROWS).rename(columns={"arm": "model"}).to_csv(path, index=False)
    with pytest.raises(SystemExit, match="2"):
        main(["analyse", str(path)])
    assert "scores must have the columns arm, seed and score, got model" in capsys.readouterr().err


def test_predictions_show_a_table_and_sentences():
    rng, y = np.random.default_rng(0), np.arange(300) % 2
    p = 1 / (1 + np.exp(-rng.normal(1.0, 0.5, (2, 3, 300)) * [[[0.5]], [[2.0]]]))
    right = np.stack([np.where(y == k, p, 1 - p) for k in (0, 1)], -1)
    found = sf.analyse({"baseline": right[0], "sharper": right[1]}, y)
    text = str(found)
    assert "← best" in text
    assert "handed over" not in text
    assert "sharper lowers the cross-entropy by" in text
    assert "by retrainings as they were given" in text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Give either predictions and y, or scores"),
        ({"predictions": {"a": [[0, 1]]}}, "y must be what is right"),
        ({"scores": [{"arm": "a", "seed": 0}]}, "must have the columns arm, seed and score"),
        ({"scores": [{"arm": "a", "seed": 0, "score": "x"}]}, "score must be a number, got 'x'"),
    ],
)
def test_what_is_missing_is_said(given, said):
    with pytest.raises(SteadfitError, match=said):
        sf.analyse(**given)
