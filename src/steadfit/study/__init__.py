"""Many replicas: what of the error is variance, and what helps.

Each name is loaded when it is first used: a study that is finished is shown without torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from steadfit.study.design import BASELINE as BASELINE
    from steadfit.study.design import Arm as Arm
    from steadfit.study.design import Design as Design
    from steadfit.study.design import Trial as Trial
    from steadfit.study.design import make_arms as make_arms
    from steadfit.study.design import make_trials as make_trials
    from steadfit.study.engine import Progress as Progress
    from steadfit.study.engine import train_all as train_all
    from steadfit.study.engine import usable_cores as usable_cores
    from steadfit.study.remedies import REMEDIES as REMEDIES
    from steadfit.study.remedies import apply as apply
    from steadfit.study.result import ArmResult as ArmResult
    from steadfit.study.result import Interval as Interval
    from steadfit.study.result import Parts as Parts
    from steadfit.study.result import StudyResult as StudyResult
    from steadfit.study.run import Outcome as Outcome
    from steadfit.study.run import run_study as run_study
    from steadfit.study.store import Store as Store
    from steadfit.study.store import open_store as open_store

_HOLDS = {
    "design": ("BASELINE", "Arm", "Design", "Trial", "make_arms", "make_trials"),
    "engine": ("Progress", "train_all", "usable_cores"),
    "remedies": ("REMEDIES", "apply"),
    "result": ("ArmResult", "Interval", "Parts", "StudyResult"),
    "run": ("Outcome", "run_study"),
    "store": ("Store", "open_store"),
}
_HOMES = {name: module for module, names in _HOLDS.items() for name in names}


def __getattr__(name: str):
    if name in _HOMES:
        return getattr(import_module(f"steadfit.study.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'steadfit.study' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(_HOMES)
