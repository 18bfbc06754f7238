"""Arguments that several commands share, and the groups in which `--help` shows them.

How data is read is in `reading`; what is trained, and how, in `training`.
"""

from pathlib import Path
from typing import Annotated

from cyclopts import Group, Parameter

DATA = Group("Data", sort_key=1)
MODEL = Group("Model and training", sort_key=2)
DESIGN = Group("Design", sort_key=3)
TEXT = Group("Language model", sort_key=3)
OUTPUT = Group("Output", sort_key=4)

Source = Annotated[str, Parameter(help="A built-in name (digits, mnist, adding, copy) or a path.")]
TestShare = Annotated[
    float, Parameter(group=DATA, help="Share held out, where the data has no test set of its own.")
]
Set = Annotated[
    list[str],
    Parameter(
        group=MODEL,
        negative=(),
        show_default=False,
        help="A setting of the model: --set width=0.5. Repeat.",
    ),
]
CodeVersion = Annotated[
    str | None, Parameter(group=MODEL, help="Of your code, where its source does not tell it.")
]
Seed = Annotated[int, Parameter(group=DESIGN, help="Random seed.")]
Out = Annotated[
    Path | None,
    Parameter(group=OUTPUT, help="Folder. [default: runs/NAME; of a fit, runs/NAME-fit]"),
]
Beside = Annotated[
    bool, Parameter(group=DESIGN, show_default=False, help="Fit reference models beside.")
]
Replace = Annotated[
    bool,
    Parameter(
        group=OUTPUT,
        negative=(),
        show_default=False,
        help="Replace another study in the folder.",
    ),
]
AsJson = Annotated[
    bool,
    Parameter(
        name="--json", negative=(), show_default=False, group=OUTPUT, help="JSON, on stdout."
    ),
]
Run = Annotated[Path, Parameter(help="The folder of a study or a fit.")]
