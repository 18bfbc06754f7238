"""The score of a new text, against a loop of torch.nn's cell in float64."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from torch.nn.functional import embedding, linear

from steadfit import api
from steadfit.cli import main
from steadfit.data import from_texts, read
from steadfit.errors import SteadfitError
from steadfit.foreign_text import original_cell
from steadfit.kinds import RESERVED
from steadfit.recipe import Recipe
from steadfit.tasks import Tokens
from steadfit.training import TrainedModel, continuation, fit, text_score, trained_model

TRAINED = "Be as it may, é = 3; so\nto be or not to be. " * 12
NEW = "to be = é,\nso be it. not 3; " * 10
SMALL = {"hidden": 12, "embedding": 6, "cell": "lstm"}


def language(folder: Path, *seeds: int, unit: str = "characters") -> TrainedModel:
    (folder / "a.txt").write_text(TRAINED)
    more = {"vocabulary": 300} if unit == "subwords" else {}
    data = read(folder / "a.txt", unit=unit, block=40, **more)
    recipe = Recipe().model_with(name="language", **SMALL).training_with(epochs=3, batch=4)
    everything = torch.arange(len(data))
    replicas = [fit(recipe, data, everything, data, seed) for seed in seeds or (0,)]
    return trained_model(recipe, data, replicas)


def logits(model: TrainedModel, member: int, tokens: list[str]) -> torch.Tensor:
    """What torch.nn.LSTMCell says after each token, in float64, one step after the other."""
    weights = {name: value.double() for name, value in model.weights[member].items()}
    cell = torch.nn.LSTMCell(SMALL["embedding"], SMALL["hidden"], dtype=torch.float64)
    cell.load_state_dict({
        "weight_ih": weights["recurrence1.layer.weight_ih_l0"],
        "weight_hh": weights["recurrence1.layer.weight_hh_l0"],
        "bias_ih": weights["recurrence1.layer.bias_l0"],
        "bias_hh": torch.zeros(4 * SMALL["hidden"]),
    })  # fmt: skip
    vocabulary = model.members[member][1].vocabulary
    state, said = None, []
    for token in tokens:
        number = torch.tensor([vocabulary.index(token) + RESERVED])
        state = cell(embedding(number, weights["embedding1.module.weight"]), state)
        scores = weights["scores1.module.weight"], weights["scores1.module.bias"]
        said.append(linear(state[0], *scores)[0])
    return torch.stack(said).detach()


def right(model: TrainedModel, tokens: list[str]) -> np.ndarray:
    """Each next token's log-probability; of several members, from the mean of theirs."""
    each = [logits(model, i, tokens[:-1]).log_softmax(-1) for i in range(len(model.members))]
    shares = torch.stack(each).mean(0).exp()
    vocabulary = model.members[0][1].vocabulary
    following = torch.tensor([[vocabulary.index(token)] for token in tokens[1:]])
    return (shares / shares.sum(-1, keepdim=True)).gather(1, following).log().squeeze(1).numpy()


@pytest.mark.parametrize("seeds", [(0,), (0, 1, 2)])
@pytest.mark.parametrize("chunk", [1, 7, 1024])
def test_the_score_is_that_of_a_step_by_step_loop(tmp_path, monkeypatch, seeds, chunk):
    model = language(tmp_path, *seeds)
    monkeypatch.setattr(text_score, "_STEPS", chunk)
    found = model.score_text(NEW)
    assert "".join(found.tokens) == NEW
    expected = right(model, list(NEW))
    np.testing.assert_allclose(found.log_probabilities, expected, rtol=0, atol=2e-5)
    bits = -expected.sum() / np.log(2)
    assert found.nats == pytest.approx(-expected.mean(), abs=1e-5)
    assert found.perplexity == pytest.approx(np.exp(-expected.mean()), rel=1e-5)
    assert found.bits_per_character == pytest.approx(bits / (len(NEW) - 1), rel=1e-5)
    assert found.bits_per_byte == pytest.approx(bits / (len(NEW.encode()) - 1), rel=1e-5)


def test_words_have_a_perplexity_and_no_bits_a_character(tmp_path):
    model = language(tmp_path, unit="words")
    found = model.score_text("To be, or not")
    assert found.tokens == ("to", "be", ",", "or", "not")
    np.testing.assert_allclose(found.log_probabilities, right(model, list(found.tokens)), atol=2e-5)
    assert found.bits_per_character is None
    assert found.figures()["perplexity"] == pytest.approx(np.exp(found.nats))


def test_a_temperature_counts(tmp_path):
    """A fitted temperature divides the logits of a score, as those of everything else."""
    model = language(tmp_path)
    (plain,) = model.facts.preparations
    warm = TrainedModel(
        type(model.facts)(
            model.facts.recipe, model.facts.schema, model.facts.shape,
            ({**plain, "temperature": [2.0]},),
        ),
        model.weights,
    )  # fmt: skip
    shares = (logits(model, 0, list(NEW[:-1])) / 2).log_softmax(-1)
    vocabulary = model.members[0][1].vocabulary
    following = torch.tensor([[vocabulary.index(character)] for character in NEW[1:]])
    expected = shares.gather(1, following).squeeze(1)
    np.testing.assert_allclose(warm.score_text(NEW).log_probabilities, expected, atol=2e-5)


@pytest.mark.parametrize("unit", ["characters", "bytes", "subwords"])
def test_bits_are_of_characters_and_bytes_whatever_a_token_is(tmp_path, unit):
    """All tokens equally likely: so many times the logarithm of their number."""
    model = language(tmp_path, unit=unit)
    model.weights[0]["scores1.module.weight"].zero_()
    model.weights[0]["scores1.module.bias"].zero_()
    found = model.score_text("so é be it")
    kinds = {"characters": len(set(TRAINED)), "bytes": 256}.get(
        unit, model.facts.schema.task.outputs
    )
    first = {"characters": "s", "bytes": "s", "subwords": "so"}[unit]
    count = {"characters": 9, "bytes": 10, "subwords": len(found.tokens) - 1}[unit]
    assert found.tokens[0] == first
    bits = count * np.log2(kinds)
    assert found.bits_per_character == pytest.approx(bits / (10 - len(first)), rel=1e-6)
    assert found.bits_per_byte == pytest.approx(bits / (11 - len(first)), rel=1e-6)
    assert found.perplexity == pytest.approx(kinds)


def test_kinds_of_tokens_reach_the_same_entropy(tmp_path):
    """Words that are drawn with known shares: their entropy over their letters."""
    words, shares = np.array(["abba", "bcb", "dad", "ca"]), np.array([1 / 2, 1 / 4, 1 / 8, 1 / 8])
    known, new = np.random.default_rng(0).choice(4, (2, 2500), p=shares)
    (tmp_path / "a.txt").write_text(" ".join(words[known]))
    text = " ".join(words[new])
    right = -np.log2(shares[new]).sum() / len(text)
    for unit, options in (("characters", {}), ("bytes", {}), ("subwords", {"vocabulary": 268})):
        data = read(tmp_path / "a.txt", unit=unit, block=100, **options)
        recipe = Recipe().model_with(name="language", hidden=16, embedding=8)
        rate = {"learning_rate": 0.02}
        recipe = recipe.training_with(epochs=8, batch=8, truncation=50, clip=1.0, optimizer=rate)
        made = trained_model(recipe, data, [fit(recipe, data, torch.arange(len(data)), data, 0)])
        found = made.score_text(text)
        assert found.bits_per_character == pytest.approx(right, rel=0.04), unit
        assert found.bits_per_byte == found.bits_per_character


def test_a_model_of_subwords_is_saved_and_continues(tmp_path):
    """Its tokenizer is in model.json, as the package's JSON."""
    model = language(tmp_path, unit="subwords")
    model.save(tmp_path / "model")
    again = TrainedModel.load(tmp_path / "model")
    assert again.score_text(NEW + "日本語").figures() == model.score_text(NEW + "日本語").figures()
    assert continuation(again, "日本 to", 9, seed=1) == continuation(model, "日本 to", 9, seed=1)
    saved = json.loads((tmp_path / "model" / "model.json").read_text())
    tokenizer = Tokenizer.from_str(saved["schema"]["task"]["tokenizer"])
    shown = "".join(Tokens(300, "subwords", tokenizer.to_str()).cut(NEW))
    assert shown == NEW.encode().decode("latin-1")
    short = {**saved["preparations"][0], "vocabulary": ["a", "b"]}
    (tmp_path / "model" / "model.json").write_text(json.dumps({**saved, "preparations": [short]}))
    with pytest.raises(SteadfitError, match=r"vocabularies must have \d+ tokens"):
        TrainedModel.load(tmp_path / "model")
    saved["schema"]["task"]["tokenizer"] = "{}"
    (tmp_path / "model" / "model.json").write_text(json.dumps(saved))
    with pytest.raises(SteadfitError, match="tokenizer is damaged"):
        TrainedModel.load(tmp_path / "model").score_text("to be")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("to be #1 %", r"The text must be of characters .* got others: '#', '%', '1'. Leave"),
        ("b", "must have 2 characters or more, .* got 1. Give a longer text"),
        ("", "got 0"),
    ],
)
def test_what_cannot_be_scored_is_said(tmp_path, text, sentence):
    with pytest.raises(SteadfitError, match=sentence):
        language(tmp_path).score_text(text)


def test_a_model_of_classes_scores_no_text():
    data = from_texts(["a b", "b a"] * 4, [0, 1] * 4)
    recipe = Recipe().model_with(name="bag").training_with(epochs=1)
    made = trained_model(recipe, data, [fit(recipe, data, torch.arange(8), data, 0)])
    with pytest.raises(SteadfitError, match="must be a language model to score a text, got one"):
        made.score_text("a b")


def test_the_command_scores_a_file(tmp_path, capsys):
    source, new, out = (tmp_path / name for name in ("a.txt", "new.txt", "tokens.csv"))
    source.write_text(TRAINED)
    new.write_text(NEW, encoding="utf-16")
    data = read(source, block=40)
    run = api.fit(
        data, settings=SMALL, training={"epochs": 1}, out=tmp_path / "run", reference=False
    )
    command = ["predict", str(run.folder), str(new), "--score"]
    with pytest.raises(SystemExit, match="0"):
        main([*command, "--out", str(out)])
    score = run.model.score_text(NEW)
    said = capsys.readouterr().out
    assert f"{len(NEW) - 1:,} characters after the first" in said
    assert f"{score.bits_per_character:.3f} bits a character" in said
    header, first, *rows = csv.reader(io.StringIO(out.read_text()))
    assert (header, first) == (["token", "log_probability"], ["t", ""])
    assert "t" + "".join(original_cell(row[0]) for row in rows) == NEW
    np.testing.assert_allclose([float(row[1]) for row in rows], score.log_probabilities, rtol=1e-9)
    with pytest.raises(SystemExit, match="0"):
        main([*command, "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told["bits_per_byte"] == score.bits_per_byte
    assert told["log_probabilities"][1] == [NEW[1], score.log_probabilities[0]]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--json"], "--json goes with --score"),
        (["--score", "--delimiter", ";"], "A text has no delimiter"),
    ],
)
def test_options_that_do_not_go_together_are_said(tmp_path, capsys, words, sentence):
    (tmp_path / "a.txt").write_text(TRAINED)
    with pytest.raises(SystemExit):
        main(["predict", str(tmp_path), str(tmp_path / "a.txt"), *words])
    assert sentence in capsys.readouterr().err
