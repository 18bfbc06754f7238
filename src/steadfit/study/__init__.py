"""Many replicas: what of the error is variance, and what helps."""

from steadfit.study.design import BASELINE, Arm, Design, Trial, make_arms, make_trials
from steadfit.study.engine import Progress, train_all, usable_cores
from steadfit.study.remedies import REMEDIES, apply
from steadfit.study.result import ArmResult, Interval, Parts, StudyResult
from steadfit.study.run import Outcome, run_study
from steadfit.study.store import Store, open_store

__all__ = [
    "BASELINE",
    "REMEDIES",
    "Arm",
    "ArmResult",
    "Design",
    "Interval",
    "Outcome",
    "Parts",
    "Progress",
    "Store",
    "StudyResult",
    "Trial",
    "apply",
    "make_arms",
    "make_trials",
    "open_store",
    "run_study",
    "train_all",
    "usable_cores",
]
