"""Where the files of a model are, what they are called, and what is said of damaged ones."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from steadfit.errors import CodeNeededError, SteadfitError
from steadfit.files import check_own, make_ready, reading

FACTS = "model.json"
_OWN = re.compile(
    r"model\.json|weights-[0-9]+\.safetensors|network-[0-9]+\.onnx"
)  # the files that `save` writes


def model_folder(folder: Path) -> Path:
    """The folder of the model: this one, or the one in this folder of a study or fit."""
    inner = folder / "model"
    with reading(folder):
        return inner if not (folder / FACTS).exists() and inner.is_dir() else folder


def prepare(folder: Path) -> None:
    """Raise SteadfitError now, not after the training, where no model can be saved in `folder`."""
    make_ready(folder.parent)
    check_own(folder, _OWN)


def network_file(number: int) -> str:
    return f"network-{number}.onnx"


def weights_file(number: int) -> str:
    return f"weights-{number}.safetensors"


@contextmanager
def undamaged(folder: Path) -> Iterator[None]:
    """What reading an absent or damaged model raises becomes a SteadfitError."""
    try:
        yield
    except CodeNeededError:
        raise
    except FileNotFoundError as error:
        if (folder / "study.json").is_file():
            raise SteadfitError(
                f"The study in {folder} handed over no model, as none was asked for or it compared "
                "training functions. Hand one over, or train the best arm yourself."
            ) from None
        raise SteadfitError(
            f"There is no model in {folder}: {error.filename} is missing."
        ) from None
    except PermissionError as error:
        raise SteadfitError(f"{error.filename} cannot be read: {error.strerror}.") from None
    except (OSError, ValueError, LookupError, TypeError, RuntimeError) as error:
        raise SteadfitError(
            f"The model in {folder} is damaged ({_reason(error)}). Run the study again."
        ) from None


def _reason(error: Exception) -> str:
    """What was wrong, in one line."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        return f"{place}: {first['msg']}" if place else first["msg"].removeprefix("Value error, ")
    return (str(error) or type(error).__name__).splitlines()[0]
