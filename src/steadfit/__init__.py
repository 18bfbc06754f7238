"""Find out how much of your network's error is chance, and which regularizers reduce it.

    import steadfit as sf

    result = sf.study(sf.read("digits"), model="convnet", remedies=["dropout", "l2"])
    print(result)

The names below are the public interface; each is loaded when it is first used.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from steadfit.api import Comparison, Fitted, Study, analyse, fit, measure, study
    from steadfit.cells import cell
    from steadfit.data import Dataset, from_arrays, read, split
    from steadfit.errors import SteadfitError
    from steadfit.models import OwnNetwork, pretrained
    from steadfit.recipe import Recipe
    from steadfit.study.result import StudyResult
    from steadfit.training import TrainedModel

_HOMES = {
    "Comparison": "steadfit.api",
    "Dataset": "steadfit.data",
    "Fitted": "steadfit.api",
    "OwnNetwork": "steadfit.models",
    "Recipe": "steadfit.recipe",
    "SteadfitError": "steadfit.errors",
    "Study": "steadfit.api",
    "StudyResult": "steadfit.study.result",
    "TrainedModel": "steadfit.training",
    "analyse": "steadfit.api",
    "cell": "steadfit.cells",
    "fit": "steadfit.api",
    "from_arrays": "steadfit.data",
    "measure": "steadfit.api",
    "pretrained": "steadfit.models",
    "read": "steadfit.data",
    "split": "steadfit.data",
    "study": "steadfit.api",
}

_ROOMS = (
    *("analysis", "cells", "data", "models", "nn", "references", "remedies", "report"),
    "training",
)

__all__ = [
    "Comparison",
    "Dataset",
    "Fitted",
    "OwnNetwork",
    "Recipe",
    "SteadfitError",
    "Study",
    "StudyResult",
    "TrainedModel",
    "analyse",
    "cell",
    "fit",
    "from_arrays",
    "measure",
    "pretrained",
    "read",
    "split",
    "study",
]


def __getattr__(name: str):
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name in _ROOMS:
        return import_module(f"steadfit.{name}")
    raise AttributeError(f"module 'steadfit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


class _AfterTorch:
    """Registers steadfit's operators as soon as torch is imported, and not before.

    A program that torch.export saved names them; torch.export.load then finds them wherever
    steadfit has been imported. Importing torch here would make every command wait for it.
    """

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> Any:
        """torch as it is, with our registration after it."""
        if fullname != "torch":
            return None
        from importlib.util import find_spec

        sys.meta_path.remove(self)
        spec = find_spec("torch")
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module

            def run_and_register(module: ModuleType) -> None:
                run(module)
                import_module("steadfit.cells.operator")

            spec.loader.exec_module = run_and_register  # type: ignore[method-assign]
        return spec


if "torch" in sys.modules:
    import_module("steadfit.cells.operator")
else:
    sys.meta_path.insert(0, _AfterTorch())


class _Package(ModuleType):
    """This package, in which `study` stays the function.

    Python sets the name to the subpackage steadfit.study as soon as that is imported, which
    calling the function does.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if name != "study" or not isinstance(value, ModuleType):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
