"""Labelled texts made of packages that are installed: three kinds that are unlike reviews.

- `docstrings`: the first paragraphs of functions' docstrings, by package (numpy, scipy, sklearn,
  pandas, torch, skimage).
- `territories`: two names of countries in a language of Babel's (CLDR), by language; ten of
  Latin script.
- `lines`: three lines of a file that these packages install, by its kind: Python, C++ headers,
  Cython, stubs of types.

Each gives a frame of the columns text and label, in an order drawn with a fixed seed.
"""

import ast
import random
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import pandas as pd

PACKAGES = ("numpy", "scipy", "sklearn", "pandas", "torch", "skimage")
LANGUAGES = ("de", "fr", "es", "it", "pt", "nl", "sv", "pl", "fi", "hu")
SUFFIXES = {".py": "Python", ".h": "C++", ".pyx": "Cython", ".pyi": "stubs"}
MOST = 1_200  # texts of a class


def docstrings() -> pd.DataFrame:
    """Without the package's name."""
    return _shuffled(
        (text.replace(name, "it"), name)
        for name in PACKAGES
        for text in islice(_paragraphs(_folder(name)), MOST)
    )


def territories() -> pd.DataFrame:
    from babel import Locale

    chosen = random.Random(0)
    rows = []
    for language in LANGUAGES:
        names = [name for code, name in Locale(language).territories.items() if len(code) == 2]
        rows += [(" ".join(chosen.sample(names, 2)), language) for _ in range(300)]
    return _shuffled(rows)


def lines() -> pd.DataFrame:
    chosen, rows = random.Random(0), []
    for suffix, language in SUFFIXES.items():
        files = sorted(file for name in PACKAGES for file in _folder(name).rglob(f"*{suffix}"))
        chosen.shuffle(files)
        texts = (text for file in files if (text := _three_lines(file, chosen)))
        rows += [(text, language) for text in islice(texts, MOST)]
    return _shuffled(rows)


def _folder(package: str) -> Path:
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def _paragraphs(folder: Path) -> Iterator[str]:
    for file in sorted(folder.rglob("*.py")):
        if "test" in str(file.relative_to(folder)):
            continue
        try:
            tree = ast.parse(file.read_text("utf-8"))
        except (SyntaxError, UnicodeDecodeError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and (found := ast.get_docstring(node)):
                text = " ".join(found.split("\n\n")[0].split())[:2000]
                if len(text) > 30:
                    yield text


def _three_lines(file: Path, chosen: random.Random) -> str:
    text = file.read_text("utf-8", errors="ignore")
    written = [line for line in text.splitlines() if line.strip()]
    if len(written) < 10:
        return ""
    begin = chosen.randrange(len(written) - 3)
    return "\n".join(written[begin : begin + 3])[:500]


def _shuffled(rows: Iterator[tuple[str, str]] | list[tuple[str, str]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["text", "label"]).drop_duplicates("text")
    return frame.sample(frac=1, random_state=0, ignore_index=True)
