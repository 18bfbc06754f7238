"""What a Python program calls: `study` and `fit`, from data to a model in a folder; `measure`, for
what people train themselves; and `analyse`.

`studying`, `fitting`, `measuring` and `analysing` run them, `recipes` says what is trained, `runs`
what is done before and after, and `results` has what they return.
"""

from steadfit.api.analysing import Comparison, analyse
from steadfit.api.fitting import fit
from steadfit.api.measuring import measure
from steadfit.api.recipes import cell_arms, suited_reading
from steadfit.api.results import Fitted, Study, rows
from steadfit.api.studying import report, study

__all__ = [
    "Comparison",
    "Fitted",
    "Study",
    "analyse",
    "cell_arms",
    "fit",
    "measure",
    "report",
    "rows",
    "study",
    "suited_reading",
]
