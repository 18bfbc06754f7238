"""The example of a user's own cell learns, and beats the answer that needs no memory."""

import importlib.util
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "own_cell.py"


def test_a_cell_of_ones_own_learns_to_add(monkeypatch, capsys) -> None:
    spec = importlib.util.spec_from_file_location("own_cell", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    monkeypatch.setattr(example, "LENGTH", 10)
    monkeypatch.setattr(example, "STEPS", 400)
    example.main()
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[2:]]
    assert [row[0] for row in rows] == ["update_gate", "lstm"]
    assert all(float(row[2]) < 1 / 6 / 10 for row in rows)
