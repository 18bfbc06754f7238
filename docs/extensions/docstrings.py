"""Docstrings in the project's plain style, made ready for the reference.

What a docstring says of an argument is a line `name: what it is`, indented where it goes on. In
the reference that becomes a list with the names in bold.
"""

import re
from typing import Any

from sphinx.application import Sphinx

_NAMES = r"[*a-z][*\w]*(?:, [*a-z][*\w]*)*"
_ITEM = re.compile(rf"^({_NAMES}): (.*)$")
_NEXT = re.compile(rf"(?<=[.;]) (?={_NAMES}: )")  # a second item on the same line
_CODE = re.compile(r"(``?[^`]+``?)")
_MARKUP = re.compile(r"[*|]|_(?=\W|$)")


def ready(lines: list[str]) -> list[str]:
    """A docstring's lines as reStructuredText.

    >>> ready(["A sum.", "", "x, y: what is added,", "    |x| < 1.", "", ">>> add(*pair)"])
    ['A sum.', '', '- **x, y**: what is added, \\\\|x\\\\| < 1.', '', '>>> add(*pair)']
    """
    found: list[str] = []
    for paragraph in _paragraphs(lines):
        if paragraph[0].startswith((">>>", "    ", "- ")):
            found += paragraph
        else:
            found += _items(paragraph)
        found.append("")
    return found[:-1]


def _paragraphs(lines: list[str]) -> list[list[str]]:
    """What stands between blank lines."""
    text = "\n".join(lines).strip("\n")
    return [part.split("\n") for part in re.split(r"\n\s*\n", text) if part]


def _items(paragraph: list[str]) -> list[str]:
    """One line for each item, and one for each run of sentences that is not an item."""
    found: list[str] = []
    for line in (part for whole in paragraph for part in _NEXT.split(whole)):
        item = _ITEM.match(line)
        ended = not found or found[-1].endswith((".", ";"))
        if item and ended:
            found.append(f"- **{_escaped(item[1])}**: {_escaped(item[2])}")
        elif found and found[-1].startswith("- ") and ended and not line.startswith(" "):
            found += ["", _escaped(line)]
        elif found:
            found[-1] += " " + _escaped(line.strip())
        else:
            found.append(_escaped(line))
    return _apart(found)


def _apart(lines: list[str]) -> list[str]:
    """A blank line between text and the list that follows it."""
    found: list[str] = []
    for line in lines:
        if line.startswith("- ") and found and found[-1] and not found[-1].startswith("- "):
            found.append("")
        found.append(line)
    return found


def _escaped(text: str) -> str:
    """The text with what reStructuredText would read as markup made plain, code left alone."""
    parts = _CODE.split(text)
    return "".join(
        part if part.startswith("`") else _MARKUP.sub(r"\\\g<0>", part) for part in parts
    )


def _process(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    lines[:] = ready(lines)


def setup(app: Sphinx) -> dict[str, bool]:
    """Have autodoc call `ready`."""
    app.connect("autodoc-process-docstring", _process)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
