"""`steadfit models`, `remedies` and `references`: each that there is, on a line of its own."""

import json

import pytest

from steadfit.cli import main
from steadfit.models import MODELS, settings
from steadfit.references import REFERENCES
from steadfit.remedies import REMEDIES


def printed(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert not ended.value.code
    return capsys.readouterr().out


@pytest.mark.parametrize(("command", "known"), [("models", MODELS), ("remedies", REMEDIES)])
def test_each_is_there_with_a_sentence(command, known, capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    lines = printed([command], capsys).splitlines()
    for name in known:
        (line,) = [line for line in lines if line.split()[:1] and
                   line.split()[0].partition("=")[0] == name]  # fmt: skip
        assert line.rstrip().endswith(".")
        assert len(line.split()) > 3


def test_references(capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    lines = [" ".join(line.split()) for line in printed(["references"], capsys).splitlines()]
    described = {name: reference.what for name, reference in REFERENCES.items()}
    assert set(lines) >= {f"{name} {what}" for name, what in described.items()}
    assert json.loads(printed(["references", "--json"], capsys)) == described


def test_as_json(capsys) -> None:
    assert json.loads(printed(["models", "--json"], capsys)) == {
        name: dict(settings(name)) for name in MODELS
    }
    found = json.loads(printed(["remedies", "--json"], capsys))
    assert found["dropout"] == 0.5
    assert found["residual"] is None
    assert set(found) == set(REMEDIES)
