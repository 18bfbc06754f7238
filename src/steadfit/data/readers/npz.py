"""`.npz` files with x and y, and x_test and y_test where the data has a test set of its own."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.lib.npyio import NpzFile

from steadfit.data.arrays import Layout, from_arrays
from steadfit.data.dataset import Dataset, Task
from steadfit.errors import SteadfitError
from steadfit.machine import memory
from steadfit.regular_files import open_regular

_NAMES = ("x", "y", "x_test", "y_test")
_ALSO = {"x_train": "x", "y_train": "y"}  # what others call them


def read(
    source: str | Path,
    *,
    task: Task | None = None,
    layout: Layout | None = None,
    image: tuple[int, int] | None = None,
) -> Dataset:
    """Arrays saved by `numpy.savez`: x and y (or x_train and y_train), with x_test and y_test.

    task, layout, image: as in `from_arrays`. Other arrays are left out and named in the notes.
    Object arrays are refused, never unpickled. Raises SteadfitError for these, for a file that is
    no whole npz file, for missing arrays and for what `from_arrays` refuses.
    """
    path = Path(source)
    arrays, others = load_arrays(path, _NAMES)
    sides = ["", "_test"] if "x_test" in arrays or "y_test" in arrays else [""]
    for name in [f"{part}{side}" for side in sides for part in "xy"]:
        if name not in arrays:
            raise SteadfitError(
                f"{path} has no array {name}. Expected x and y, and both or neither of x_test and "
                f"y_test; found {', '.join([*arrays, *others]) or 'nothing'}."
            )
    ids = [f"x{side} row {i}" for side in sides for i in range(_rows(arrays, side, path))]
    is_test = np.arange(len(ids)) >= len(arrays["x"])
    return from_arrays(
        _joined([arrays[f"x{side}"] for side in sides], path),
        _joined([arrays[f"y{side}"] for side in sides], path),
        path.stem,
        task=task,
        layout=layout,
        image=image,
        ids=ids,
        is_test=is_test if len(sides) == 2 else None,
        notes=[f"The array {name} of {path.name} is not used." for name in others],
    )


def load_arrays(path: Path, names: Sequence[str]) -> tuple[dict[str, np.ndarray], list[str]]:
    """The arrays of these names that are in an npz file, and the names of what else is.

    x_train and y_train are found as x and y. Raises SteadfitError for objects, for what is no whole
    npz file, and for arrays that would take more than half of the machine's memory.
    """
    try:
        with open_regular(path) as opened:
            if opened.read(6) == b"\x93NUMPY":
                raise SteadfitError("it holds a single array, without a name")
            opened.seek(0)
            file = NpzFile(opened, allow_pickle=False)
            known = {_ALSO.get(name, name): name for name in file.files}
            found = {name: known[name] for name in names if name in known}
            _check_size(file, list(found.values()))
            arrays = {name: file[own] for name, own in found.items()}
            if not all(isinstance(array, np.ndarray) for array in arrays.values()):
                raise SteadfitError("it holds files that are no arrays")
            return arrays, [name for name in file.files if _ALSO.get(name, name) not in names]
    except Exception as error:  # what is damaged, or made to do damage, may raise anything
        if "allow_pickle" in str(error):
            raise SteadfitError(
                f"{path} holds Python objects, which could run code when they are read, and are "
                "never read. Save numbers or text: x.astype(float), y.astype(str)."
            ) from None
        reason = str(error).strip("'\"") or type(error).__name__
        raise SteadfitError(
            f"{path} is no whole npz file: {reason}. Save it again: numpy.savez(path, x=x, y=y)."
        ) from None


def _check_size(file: NpzFile, names: Sequence[str]) -> None:
    """Zeros pack to a thousandth of their size: refuse what unpacks to more than there is room."""
    assert file.zip is not None
    members = file.zip.infolist()
    size = sum(m.file_size for m in members if m.filename.removesuffix(".npy") in names)
    most = memory() // 2
    if size > most:
        raise SteadfitError(
            f"its arrays unpack to {size / 1e9:,.0f} GB, more than the {most / 1e9:,.0f} GB that "
            "are half of this machine's memory"
        )


def _rows(arrays: dict[str, np.ndarray], side: str, path: Path) -> int:
    x, y = arrays[f"x{side}"], arrays[f"y{side}"]
    if not x.ndim or not y.ndim or len(x) != len(y):
        raise SteadfitError(
            f"{path}: x{side} has shape {x.shape} and y{side} has shape {y.shape}. Each example "
            "needs one target: the first sides must be equal."
        )
    return len(x)


def _joined(parts: list[np.ndarray], path: Path) -> np.ndarray:
    """Training and test side as one array."""
    if any(part.shape[1:] != parts[0].shape[1:] for part in parts):
        shapes = " and ".join(str(part.shape) for part in parts)
        raise SteadfitError(f"{path}: training and test arrays differ in shape, {shapes}.")
    if len({part.dtype.kind in "US" for part in parts}) > 1:
        raise SteadfitError(f"{path}: y and y_test are not both numbers or both text.")
    return np.concatenate(parts)
