"""A study is continued by the same one, and replaced by another one only on demand."""

import contextlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import steadfit as sf
from steadfit.api import report
from steadfit.cli import main
from steadfit.errors import SteadfitError

QUICK = {
    "samples": 2,
    "settings": {"width": 0.05},
    "training": {"epochs": 1},
    "processes": 1,
    "reference": False,
}
ON_THE_LINE = (
    "--model", "mlp", "--set", "width=0.05", "--epochs", "1", "--samples", "2", "--remedy", "l2",
    "--processes", "1", "--no-reference",
)  # fmt: skip


def data(path: Path, seed: int) -> Path:
    path.parent.mkdir(exist_ok=True)
    x = np.random.default_rng(seed).integers(0, 255, (12, 4, 4), dtype=np.uint8)
    np.savez(path, x=x, y=np.arange(12) % 2)
    return path


def content(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data in a/, and a finished study of them in its usual folder."""
    folder = tmp_path_factory.mktemp("studied")
    with contextlib.chdir(folder):
        sf.study(data(folder / "a" / "d.npz", 0), "mlp", ["l2"], **QUICK)
    return folder


@pytest.fixture
def first(studied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The study of a copy of `studied`, in the current folder."""
    shutil.copytree(studied, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return Path("runs/d")


def test_the_same_study_goes_on_with_more_remedies_and_samples(first: Path) -> None:
    kept = {path.name for path in (first / "store").iterdir()}
    done = sf.study("a/d.npz", "mlp", ["l2", "dropout"], **{**QUICK, "samples": 3})
    assert done.folder == first == Path("runs/d")
    assert {"l2=0.001", "dropout=0.5"} <= {arm.name for arm in done.result.arms}
    assert kept < {path.name for path in (first / "store").iterdir()}


def test_other_data_of_the_same_name_are_refused(
    first: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data(Path("b/d.npz"), 1)
    before = content(first)
    with pytest.raises(SystemExit):
        main(["study", "b/d.npz", *ON_THE_LINE])
    said = capsys.readouterr().err
    assert "runs/d must be a new folder or that of this study, got a study of other data" in said
    assert "another folder with --out, or replace it with --replace." in said
    with pytest.raises(SteadfitError, match=r"with out, or replace it with replace=True\."):
        sf.study("b/d.npz", "mlp", ["l2"], **QUICK)
    assert content(first) == before


def test_another_baseline_is_refused(first: Path) -> None:
    before = content(first)
    for changed in ({"settings": {"width": 0.1}}, {"training": {"epochs": 2}}):
        with pytest.raises(SteadfitError, match="got a study of another baseline"):
            sf.study("a/d.npz", "mlp", ["l2"], **{**QUICK, **changed})
    assert content(first) == before


def test_a_result_that_cannot_be_read_is_not_replaced_either(first: Path) -> None:
    (first / "study.json").write_text("{}")
    with pytest.raises(SteadfitError, match="cannot be compared with this one"):
        sf.study("a/d.npz", "mlp", ["l2"], **QUICK)
    assert (first / "study.json").read_text() == "{}"


def test_what_to_do_with_a_result_that_cannot_be_read_is_said_and_helps(
    first: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (first / "study.json").read_bytes()
    (first / "study.json").write_text("{}")
    with pytest.raises(SystemExit):
        main(["show", str(first)])
    assert "Run the study again with --replace to write it anew." in capsys.readouterr().err
    with pytest.raises(SteadfitError, match="again with replace=True to write it anew"):
        report(first)
    sf.study("a/d.npz", "mlp", ["l2"], **QUICK, replace=True)
    assert (first / "study.json").read_bytes() == before


def test_a_result_whose_parts_do_not_belong_together_is_a_sentence(
    first: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = json.loads((first / "study.json").read_text())
    known["analysis"]["arms"][1] |= {"verdict": "better", "judged_by": "brier", "changes": {}}
    (first / "study.json").write_text(json.dumps(known))
    with pytest.raises(SystemExit, match="2"):
        main(["report", str(first)])
    said = capsys.readouterr().err
    assert "The files of runs/d do not belong together (KeyError" in said
    assert "again with --replace to write it anew" in said


def test_a_model_of_other_data_is_a_sentence(first: Path) -> None:
    x = np.random.default_rng(0).integers(0, 255, (12, 1, 6, 6), dtype=np.uint8)
    other = sf.fit(
        sf.from_arrays(x, np.arange(12) % 2), "mlp", training={"epochs": 1}, reference=False
    )
    shutil.rmtree(first / "model")
    shutil.copytree(other.folder / "model", first / "model")
    with pytest.raises(SteadfitError, match=r"The files of runs/d do not belong together \("):
        report(first)


def test_on_demand_it_is_replaced(first: Path) -> None:
    data(Path("b/d.npz"), 1)
    before = (first / "study.json").read_bytes()
    with pytest.raises(SystemExit, match="0"):
        main(["study", "b/d.npz", *ON_THE_LINE, "--replace"])
    assert (first / "study.json").read_bytes() != before
    assert sf.study("b/d.npz", "mlp", ["l2"], **QUICK).folder == first


def test_a_fit_does_not_replace_the_model_of_a_study(
    first: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = content(first)
    with pytest.raises(SystemExit, match="2"):
        main(["fit", "a/d.npz", "--model", "mlp", "--epochs", "1", "--out", str(first)])
    assert "runs/d must be a new folder or that of a fit, got a study" in capsys.readouterr().err
    assert content(first) == before


def test_a_study_replaces_a_fit_on_demand_alone(first: Path) -> None:
    fitted = sf.fit("a/d.npz", "mlp", training={"epochs": 1}, reference=False).folder
    before = content(fitted)
    with pytest.raises(SteadfitError, match=r"runs/d-fit must be .*, got a fit\."):
        sf.study("a/d.npz", "mlp", ["l2"], **QUICK, out=fitted)
    assert content(fitted) == before
    sf.study("a/d.npz", "mlp", ["l2"], **QUICK, out=fitted, replace=True)
    assert {path.name for path in fitted.iterdir()} == {path.name for path in first.iterdir()}


def test_a_fit_leaves_a_page_of_others_alone(first: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text("mine")
    with pytest.raises(SteadfitError, match=r"report\.html would be replaced"):
        sf.fit("a/d.npz", "mlp", training={"epochs": 1}, reference=False, out=tmp_path)
    assert page.read_text() == "mine"
