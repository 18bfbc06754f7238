"""What is predicted: classes, several labels, numbers, a forecast, the next tokens of a text.

A `Task` holds all that depends on it: the loss, the losses by which replicas are judged, what a
test point is, what is tried where nothing is named, and how predictions are given. A new task is
one file here and one line in `registry`.
"""

from steadfit.tasks.base import ALWAYS as ALWAYS
from steadfit.tasks.base import Task as Task
from steadfit.tasks.classes import Classes as Classes
from steadfit.tasks.forecast import Forecast as Forecast
from steadfit.tasks.numbers import Numbers as Numbers
from steadfit.tasks.registry import TASKS as TASKS
from steadfit.tasks.several import Several as Several
from steadfit.tasks.tokens import Tokens as Tokens
from steadfit.tasks.values import Points as Points
from steadfit.tasks.values import Scores as Scores
from steadfit.tasks.values import Side as Side
