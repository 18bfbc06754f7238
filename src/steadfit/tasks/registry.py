"""The tasks by name."""

from collections.abc import Mapping
from types import MappingProxyType

from steadfit.tasks.base import Task
from steadfit.tasks.classes import Classes
from steadfit.tasks.forecast import Forecast
from steadfit.tasks.numbers import Numbers
from steadfit.tasks.several import Several
from steadfit.tasks.tokens import Tokens

TASKS: Mapping[str, type[Task]] = MappingProxyType(
    {task.name: task for task in (Classes, Several, Numbers, Forecast, Tokens)}
)
