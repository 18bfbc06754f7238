"""Text that others wrote, made harmless to show: names of files, classes and columns, and texts."""

import json
import re
import unicodedata

_ESCAPED = ("Cc", "Cf", "Cs", "Zl", "Zp")  # categories: control, format, surrogates, line ends
_JOINERS = "\u200c\u200d"  # of format, but parts of Persian words, and of pictures like families
_FORMULA = re.compile(r"[=+\-@\t\r\n]|'[=+\-@\t\r\n']")


def printable(text: str) -> str:
    r"""The text on one line, with what would steer a terminal escaped as in JSON.

    Escaped are control characters, line ends, and the marks that turn the direction of writing.

    >>> print(printable("a\x1b[31mb\u202ec\nd"))
    a\u001b[31mb\u202ec\nd
    """
    if text.isprintable():
        return text
    return "".join(json.dumps(c)[1:-1] if _steers(c) else c for c in text)


def printable_lines(text: str) -> str:
    r"""`printable`, line by line: line ends and tabs stay.

    >>> print(printable_lines("a\x07\nb"))
    a\u0007
    b
    """
    lines = (line.split("\t") for line in text.split("\n"))
    return "\n".join("\t".join(map(printable, parts)) for parts in lines)


def harmless_cell(text: str) -> str:
    """A name as a cell of a CSV file, which no spreadsheet program takes for a formula.

    A cell that begins with = + - @, a tab or a line end, and is no number, gets an
    apostrophe in front, and so does one that begins with an apostrophe before one of these or
    before another. `original_cell` takes it away again.

    >>> [harmless_cell(name) for name in ("=1+1", "-1", "cat", "'=1")]
    ["'=1+1", '-1', 'cat', "''=1"]
    """
    return f"'{text}" if _FORMULA.match(text) and not _is_number(text) else text


def original_cell(cell: str) -> str:
    """The name from which `harmless_cell` made this cell.

    >>> original_cell("'=1+1"), original_cell("'twas")
    ('=1+1', "'twas")
    """
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell


def _steers(character: str) -> bool:
    return unicodedata.category(character) in _ESCAPED and character not in _JOINERS


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text == text.strip()
