"""What a Python program calls: `study` and `fit`, from data to a model in a folder, and `analyse`.

`studying`, `fitting` and `analysing` run them, `recipes` says what is trained, `runs` which folder
it goes into, and `results` has what they return.
"""

from steadfit.api.analysing import Comparison, analyse
from steadfit.api.fitting import fit
from steadfit.api.recipes import cell_arms
from steadfit.api.results import Fitted, Study, rows
from steadfit.api.studying import report, study

__all__ = [
    "Comparison",
    "Fitted",
    "Study",
    "analyse",
    "cell_arms",
    "fit",
    "report",
    "rows",
    "study",
]
