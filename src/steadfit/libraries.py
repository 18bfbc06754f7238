"""Libraries for photos that are loaded where they are used: timm, torchvision."""

import importlib
from types import ModuleType

from steadfit.errors import SteadfitError


def library(name: str, wanted: str) -> ModuleType:
    """A module of the extra `vision`. wanted: for what, in a sentence.

    Raises SteadfitError where its package is not installed, or does not load.
    """
    package = name.partition(".")[0]
    try:
        importlib.import_module(package)
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
        raise SteadfitError(
            f"{package} must be installed for {wanted}. Install it: pip install 'steadfit[vision]'."
        ) from None
    except (RuntimeError, ImportError, OSError) as error:
        raise SteadfitError(
            f"{package} is installed and cannot be loaded ({str(error).splitlines()[0]}). Install "
            "the build of torchvision that belongs to this torch."
        ) from None
