"""`fit` says what simple rivals give, and `predict` reads a reference that was handed over."""

import json
from pathlib import Path

import numpy as np
import pytest

import steadfit as sf
from steadfit.cli import main
from steadfit.errors import SteadfitError
from steadfit.prediction import continued, predictions
from steadfit.references import REFERENCES
from steadfit.training import TrainedReference

FAST = {"epochs": 1}


def printed(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    assert not ended.value.code
    return " ".join(capsys.readouterr().out.split())


def test_the_same_figures_as_fitted_by_hand(tmp_path: Path) -> None:
    data = sf.read("digits", limit=200)
    done = sf.fit(data, "mlp", training=FAST, out=tmp_path / "run")
    parts = sf.split(data)
    assert [score.name for score in done.references] == ["frequencies", "logistic regression"]
    found = REFERENCES["logistic regression"].fit(parts.train).predict(parts.test)
    assert done.references[1].error == (found.argmax(1) != parts.test.y.numpy()).mean()
    alone = sf.fit(data, "mlp", training=FAST, out=tmp_path / "run", reference=False)
    assert alone.references == ()


def test_a_network_that_is_worse_than_guessing_is_said_so(tmp_path: Path) -> None:
    training = {"epochs": 2, "optimizer": {"learning_rate": 30.0}}
    data = sf.read("digits", limit=100)
    done = sf.fit(data, "mlp", training=training, out=tmp_path / "run")
    assert done.loss > 2.5
    assert done.notes[0].startswith("Worse than guessing: the loss is ")
    calm = sf.fit(data, "mlp", training={"epochs": 10}, out=tmp_path / "run")
    assert not any("guessing" in note for note in calm.notes)


def test_a_reference_that_is_as_good_is_named_first(tmp_path: Path) -> None:
    """A text that counts tell at once, and a network that has hardly begun."""
    whole = "to be or not to be, é. " * 60
    (tmp_path / "a.txt").write_text(whole)
    text = sf.read(tmp_path / "a.txt", unit="bytes", block=100)
    done = sf.fit(text, settings={"hidden": 4}, training=FAST, out=tmp_path / "run")
    rival = done.references[1]
    assert (rival.name, rival.loss < done.loss) == ("Kneser-Ney", True)
    first, over_all = done.notes
    assert first.startswith(
        f"Kneser-Ney is as good or better on the test points: its loss is {rival.loss:.4f} nats, "
    )
    assert f"the model's is {done.loss:.4f} nats, " in first
    bits = done.loss / np.log(2)
    found = done.result.token_losses
    assert found is not None
    characters = len(whole.encode()[-found.tokens :].decode())
    assert (found.utf8_bytes, found.characters) == (found.tokens, characters)
    bits_a_character = bits * found.tokens / characters
    assert f"{bits_a_character:.3f} bits a character, {bits:.3f} a byte." in over_all


def test_the_command_says_so_too(capsys, tmp_path: Path) -> None:
    words = ["fit", "digits", "--limit", 100, "--model", "mlp", "--epochs", 1]
    out = printed([*words, "--out", tmp_path / "run"], capsys)
    assert "reference: frequencies" in out
    assert "reference: logistic regression" in out
    quiet = printed([*words, "--out", tmp_path / "run", "--no-reference"], capsys)
    assert "reference" not in quiet
    found = json.loads(printed([*words, "--out", tmp_path / "run", "--json"], capsys))
    assert set(found["references"]) == {"frequencies", "logistic regression"}
    assert 0 < found["references"]["logistic regression"]["error"] < 0.5


def test_a_reference_predicts_a_table(capsys, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = ["a,b,c,label"]
    for i in range(60):
        numbers = rng.normal(i % 2, 0.3, 3)
        rows.append(",".join(f"{n:.3f}" for n in numbers) + f",{['no', 'yes'][i % 2]}")
    (tmp_path / "data.csv").write_text("\n".join(rows))
    data = sf.read(tmp_path / "data.csv")
    TrainedReference(REFERENCES["logistic regression"].fit(data)).save(tmp_path / "run" / "model")
    (tmp_path / "new.csv").write_text("a,b,c\n0,0,0\n1,1,1\n")
    with pytest.raises(SystemExit):
        main(["predict", str(tmp_path / "run"), str(tmp_path / "new.csv")])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].replace('"', "") == "input,class,p_no,p_yes"
    assert [line.split(",")[1].strip('"') for line in lines[1:]] == ["no", "yes"]


def test_a_reference_writes_no_text(tmp_path: Path) -> None:
    data = sf.read("copy", length=3, train=20, test=5)
    TrainedReference(REFERENCES["Kneser-Ney"].fit(data)).save(tmp_path / "run" / "model")
    with pytest.raises(SteadfitError, match=r"by a network, and .* hands over Kneser-Ney"):
        continued(tmp_path / "run", "abc", 5)
    with pytest.raises(SteadfitError, match="and has no answer for it"):
        predictions(tmp_path / "run", tmp_path / "new.csv")
