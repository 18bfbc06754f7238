"""Arrays by name from `.npz` files; Python objects are never unpickled."""

import math
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.lib import format as npy
from numpy.lib.npyio import NpzFile

from steadfit.errors import SteadfitError
from steadfit.formats.packed import Parts
from steadfit.machine import check_unpacked
from steadfit.regular_files import open_regular

_ALSO = {"x_train": "x", "y_train": "y"}  # what others call them
_AGAIN = "Save it again: numpy.savez(path, x=x, y=y)."


def load_arrays(path: Path, names: Sequence[str]) -> tuple[dict[str, np.ndarray], list[str]]:
    """The arrays of these names that are in an npz file, and the names of what else is.

    x_train and y_train are found as x and y. Raises SteadfitError for objects, for what is no whole
    npz file, and for arrays that would fill the memory.
    """
    try:
        with open_regular(path) as opened:
            if opened.read(6) == b"\x93NUMPY":
                raise SteadfitError(f"{path} holds a single array, without a name. {_AGAIN}")
            file = NpzFile(Parts(opened.raw), allow_pickle=False)
            known = {_ALSO.get(name, name): name for name in file.files}
            found = {name: known[name] for name in names if name in known}
            check_unpacked(
                str(path),
                sum(_peak(file, name) for name in found.values()),
                os.fstat(opened.fileno()).st_size,
                "save it without compression: numpy.savez(path, x=x, y=y)",
            )
            arrays = {name: file[own] for name, own in found.items()}
            if not all(isinstance(array, np.ndarray) for array in arrays.values()):
                raise SteadfitError(f"{path} holds files that are no arrays. {_AGAIN}")
            return arrays, [name for name in file.files if _ALSO.get(name, name) not in names]
    except SteadfitError:
        raise
    except PermissionError as error:
        raise SteadfitError(f"{path} cannot be read: {error.strerror}.") from None
    except Exception as error:  # what is damaged, or made to do damage, may raise anything
        if "allow_pickle" in str(error):
            raise SteadfitError(
                f"{path} has Python objects. Reading them can run code, so steadfit never does. "
                "Save numbers or text: x.astype(float), y.astype(str)."
            ) from None
        reason = str(error).strip("'\"") or type(error).__name__
        raise SteadfitError(f"{path} is not a complete npz file: {reason}. {_AGAIN}") from None


def _peak(file: NpzFile, name: str) -> float:
    """Bytes that an array takes at most while it is read: itself, a copy, and as float32."""
    assert file.zip is not None
    member = name if name in file.zip.namelist() else f"{name}.npy"
    with file.zip.open(member) as opened:
        version = npy.read_magic(opened)
        header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, _, dtype = header(opened)
    values = math.prod(shape)
    return values * (2 * dtype.itemsize + (0 if dtype == np.uint8 else 4))
