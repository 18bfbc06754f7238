"""Every page of the documentation runs: what it shows after `>>>` is what comes out."""

import doctest
import importlib
import re
import shutil
from pathlib import Path

import pytest

from steadfit.study.engines import local

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [
    path
    for path in sorted(DOCS.rglob("*.md"))
    if "_build" not in path.parts and ">>> " in path.read_text("utf-8")
]
FENCE = re.compile(r"^(```|:::).*$", re.MULTILINE)


def examples(text: str, name: str) -> doctest.DocTest:
    """A page's examples, in order, with one set of variables; fences end what is expected."""
    return doctest.DocTestParser().get_doctest(FENCE.sub("", text), {}, name, name, 0)


def failures(text: str, name: str) -> str:
    """What came out otherwise than the page says; nothing if all is as it says."""
    found: list[str] = []
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    doctest.DocTestRunner(optionflags=flags).run(examples(text, name), out=found.append)
    return "".join(found)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_what_a_page_shows_is_what_comes_out(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(local, "usable_cores", lambda: 1)  # other tests have the other cores
    for file in (DOCS / "data").iterdir():  # what pages give to download
        shutil.copy(file, tmp_path)
    if found := failures(page.read_text("utf-8"), str(page)):
        pytest.fail(found, pytrace=False)


@pytest.mark.parametrize("name", ["docstrings", "mathml"])
def test_the_examples_of_the_pages_extensions_hold(name, monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS / "extensions"))
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_a_page_with_a_wrong_output_is_found():
    page = "# A page\n\n```python\n>>> 1 + 1\n3\n```\n"
    assert "Got:\n    2" in failures(page, "page")
