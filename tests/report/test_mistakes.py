"""The surest mistakes: against labels that were planted wrong."""

from pathlib import Path

import numpy as np
import torch

import steadfit as sf
from steadfit.report.disputed import disagreements
from steadfit.report.markup import template
from steadfit.report.mistakes import SHOWN, surest_mistakes


def planted() -> tuple[sf.Dataset, set[str]]:
    """600 digits, of which every 40th has another label."""
    digits = sf.read("digits")
    assert isinstance(digits.x, torch.Tensor)
    y = digits.y[:600].numpy().copy()
    wrong = np.arange(0, 600, 40)
    y[wrong] = (y[wrong] + 3) % 10
    names = [f"{i:03}.png" for i in range(600)]
    data = sf.from_arrays(digits.x[:600].numpy(), y.astype(str), "planted", ids=names)
    return data, {names[i] for i in wrong}


def test_wrong_labels_come_first_and_are_shown_by_fit_and_study(tmp_path: Path) -> None:
    data, wrong = planted()
    study = sf.study(
        data, "mlp", "none", training={"epochs": 30}, out=tmp_path / "study",
        reference=False, variance="none", repetitions=1, hand_over="none",
    )  # fmt: skip
    tested = study.run.tested.data
    logits = np.stack(study.run.repetitions("baseline"))
    found = surest_mistakes(tested, logits)
    assert len(found) <= SHOWN
    assert len(wrong & {one.id for one in found[:15]}) >= 12
    assert all(one.of_label < one.of_said for one in found)
    assert [one.of_label for one in found] == sorted(one.of_label for one in found)
    shares = np.exp(logits[0] - np.logaddexp.reduce(logits[0], axis=1, keepdims=True))
    row = tested.ids.index(found[0].id)
    assert np.isclose(found[0].of_label, shares[row, int(tested.y[row])])
    assert "labels to check" in (tmp_path / "study" / "report.html").read_text()

    fitted = sf.fit(data, "mlp", training={"epochs": 30}, out=tmp_path / "fit", reference=False)
    shown = (fitted.folder / "report.html").read_text()
    assert 'src="data:image/png' in shown
    assert any(name in shown for name in wrong)


def test_names_from_the_data_are_escaped() -> None:
    x = np.zeros((2, 4, 4), np.float32)
    data = sf.from_arrays(x, ["<b>", "<i>"], ids=["<script>", "b"])
    (one,) = surest_mistakes(data, np.array([[[-5.0, 5.0], [-5.0, 5.0]]]))
    shown = template("mistake.html").render(one=one)
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    assert "<b>" not in shown


def test_where_replicas_differ_alike_the_classes_take_turns() -> None:
    x = np.random.default_rng(0).normal(size=(90, 4, 4)).astype(np.float32)
    labels = ["a"] * 30 + ["b"] * 30 + ["c"] * 30
    data = sf.from_arrays(x, labels)
    logits = np.zeros((2, 90, 3))
    logits[0, :, 0] = logits[1, :, 1] = 1  # both replicas differ on every point
    found = disagreements(data, data.y.numpy(), {"baseline": logits}, data.classes)
    assert [one.label for one in found] == ["a", "b", "c"] * 4
