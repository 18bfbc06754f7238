"""The test points of a text: its next tokens, with what stood before them."""

from pathlib import Path

import pytest
import torch

from steadfit.data import Dataset, Ragged, points, read
from steadfit.tasks import Classes
from steadfit.tasks.next_tokens import CONTEXT, measured

TEXT = "to be or not to be, that is the question: " * 9


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    (tmp_path / "a.txt").write_text(TEXT)
    return read(tmp_path / "a.txt", block=100)


def test_a_point_is_a_token_and_what_stood_before_it(data: Dataset) -> None:
    found = points(data)
    assert isinstance(found.x, Ragged)
    assert found.schema.task == Classes(found.x.tokens)
    assert len(found) == len(TEXT) - 1
    for place, row in enumerate(found.x.rows()):
        begin = place // 100 * 100
        before = TEXT[max(begin, place + 1 - CONTEXT) : place + 1]
        assert "".join(found.x.tokens[i] for i in row) == before
        assert found.classes[int(found.y[place])] == TEXT[place + 1]
    assert found.structure.groups is not None
    assert torch.equal(found.structure.groups, torch.arange(len(found)) // 100)
    assert found.ids[101] == "character 2 after character 100"


def test_too_many_are_thinned_evenly(data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steadfit.tasks.next_tokens.MOST", 100 * data.outputs)
    at = measured(data.y, data.outputs)
    assert (at.diff() == 4).sum() == len(at) - 1
    assert len(at) <= 100
    assert (
        "compared on 95 of the 377 next characters held out, in 4 blocks" in points(data).notes[0]
    )


def test_examples_with_a_class_each_are_the_points_themselves() -> None:
    digits = read("digits", limit=20)
    assert points(digits) is digits
