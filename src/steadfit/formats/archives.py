"""Series as archives publish them, told by how a file begins, whatever it is called."""

from pathlib import Path
from typing import Literal

from steadfit.formats.label_first import SUFFIXES, is_label_first
from steadfit.formats.packed import head, inner_name
from steadfit.formats.wide_tables import are_steps

Archived = Literal["ts", "arff", "rows"]
_HEAD = 2**20  # bytes that are looked at
_WORDS = ("problemname", "timestamps", "missing", "univariate", "dimension", "dimensions",
          "equallength", "serieslength", "classlabel", "targetlabel", "data")  # fmt: skip


def archived(path: Path) -> Archived | None:
    """How the archives' series are written in this file; None where it is none of these.

    "ts": a header of @ lines, as @problemName, in a file with any suffix. "arff": @relation, and
    attributes that are the steps of a series. "rows": numbers without a header, the label first.
    """
    if not path.is_file():
        return None
    name = Path(inner_name(path))
    begin = head(path, _HEAD).decode("utf-8-sig", "replace").replace("\r\n", "\n")
    words = [line.split() for line in begin.split("\n") if line.strip() and line[0] not in "#%"]
    first = words[0][0].lower() if words and words[0] else ""
    if first == "@relation":
        names = [each[1] for each in words if each[0].lower() == "@attribute" and len(each) > 2]
        return "arff" if len(names) > 2 and are_steps(names[:-1]) else None
    if name.suffix.lower() == ".ts" or (first.startswith("@") and first[1:] in _WORDS):
        return "ts"
    labelled = name.suffix.lower() in SUFFIXES and is_label_first(begin, name.stem)
    return "rows" if labelled else None
