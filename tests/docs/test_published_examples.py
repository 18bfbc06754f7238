"""The published examples run as the page has them, on small data and with few steps."""

import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

import steadfit as sf

PAGE = (Path(__file__).parents[2] / "docs" / "published-examples.md").read_text("utf-8")
FILES = dict(re.findall(r"```python\n# (\w+\.py)\n(.*?)```", PAGE, re.DOTALL))
QUICK = {
    "training": {"epochs": 1}, "folds": 2, "repetitions": 1, "variance": "none",
    "reference": False, "processes": 1,
}  # fmt: skip
READ = sf.read
RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """With the page's files, and names of two languages."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    names = [f"{a}{b}o,it\n{a}{b}ski,pl\n" for a in "abcde" for b in "lmnrs"]
    (tmp_path / "names.csv").write_text("text,label\n" + "".join(names))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    for name in FILES:
        sys.modules.pop(name.removesuffix(".py"), None)


@pytest.mark.parametrize(
    ("script", "arms"),
    [
        ("study_resnet.py", ["baseline", "l2=0.001", "augment=1", "clip=1"]),
        ("study_names.py", ["baseline", "smaller=0.5", "word_dropout=0.1", "l2=0.001"]),
    ],
)
def test_a_script_is_a_study_of_its_arms(script, arms, monkeypatch, capsys):
    made, study = [], sf.study

    def quick(*given, **settings):
        made.append(study(*given, **settings, **QUICK))
        return made[-1]

    def read(source, **options):
        if source != "mnist":
            return READ(source, **options)
        assert options == {"limit": 2000}
        return sf.from_arrays(RNG.random((40, 28, 28)), np.arange(40) % 10)

    monkeypatch.setattr(sf, "study", quick, raising=False)
    monkeypatch.setattr(sf, "read", read, raising=False)
    runpy.run_path(script, run_name="__main__")
    assert [arm.name for arm in made[0].result.arms][:4] == arms
    assert "baseline" in capsys.readouterr().out
    added = [line for line in FILES[script].splitlines() if line.strip()]
    assert len(added) <= 5


def test_the_loop_that_stays_runs_too(monkeypatch):
    import names_gru

    names_gru.main(["rosso", "nowak"], ["it", "pl"])
