"""Where a model's files are, and what they are called."""

import re
from pathlib import Path

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
