"""Settings of a training that some tasks do not take."""

from collections.abc import Set

from steadfit.errors import SteadfitError
from steadfit.recipe import Training

_OF_SOME_TASKS = {  # and what each is
    "loss": "The Brier score is a loss of classes",
    "own_loss": "A loss of your own is of examples with one answer each",
    "class_weight": "Class weights are for classes",
    "balanced_sampling": "Balanced sampling is for classes",
    "label_smoothing": "Labels are smoothed where there are classes, labels or tokens",
    "calibrate": "A temperature is fitted to the logits of classes or tokens",
}
_OF_OUR_LOSSES = ("loss", "class_weight", "label_smoothing")
_OF_ONE_LABEL = ("own_loss", "class_weight")


def check_settings(training: Training, takes: Set[str], what: str) -> None:
    """Raise SteadfitError for settings that only other tasks take, and for such of steadfit's
    losses beside a person's own.

    takes: those that this one takes. what: "digits is of classes".
    """
    for setting, of in _OF_SOME_TASKS.items():
        if setting not in takes and _is_set(training, setting):
            raise SteadfitError(f"{of}, and {what}. Leave out training.{setting}.")
    for setting in _OF_OUR_LOSSES if training.own_loss is not None else ():
        if _is_set(training, setting):
            raise SteadfitError(
                f"training.{setting} changes one of steadfit's losses, and own_loss is in its "
                f"place. Leave out training.{setting}, or make it a part of your function."
            )


def check_mixing(training: Training, mixes: bool, what: str) -> None:
    """Raise SteadfitError where examples cannot be mixed. mixes: whether their targets can be."""
    if not mixes:
        raise SteadfitError(f"mixup and cutmix mix labels too, and {what}. Leave them out.")
    for setting in _OF_ONE_LABEL:
        if _is_set(training, setting):
            raise SteadfitError(
                f"training.{setting} needs one label an example, and mixup and cutmix mix them. "
                "Leave out one of the two."
            )


def _is_set(training: Training, setting: str) -> bool:
    return getattr(training, setting) != Training.model_fields[setting].default
