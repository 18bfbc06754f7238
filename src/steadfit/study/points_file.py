"""The tested examples in a file beside the study: the report can be made again without the data.

One npz file of plain arrays, `points.npz`; names and tokens are JSON in one of them. Nothing in it
is unpickled or evaluated.
"""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from steadfit.data import Dataset, points
from steadfit.data.dataset import Structure
from steadfit.data.schema import Schema
from steadfit.errors import SteadfitError
from steadfit.files import write_bytes
from steadfit.formats.npz import load_arrays
from steadfit.kinds import Packed
from steadfit.regular_files import check_json
from steadfit.study.tested import Tested

_COLUMNS = ("groups", "spans")
_ARRAYS = ("x", "y", "lengths", "positions", "folds", "texts", *_COLUMNS)
_DAMAGE = (OSError, LookupError, TypeError, ValueError, RuntimeError, RecursionError)


def save_points(path: Path, test: Dataset, folds: NDArray[np.integer]) -> None:
    """Write the tested examples, and which replica predicts each of their points.

    Raises SteadfitError where the file cannot be written.
    """
    texts: dict[str, Any] = {"name": test.name, "ids": test.ids, "schema": test.schema.to_dict()}
    texts |= {"written": test.written} if test.written else {}
    examples = test.schema.kind.packed(test.x)
    arrays = {"y": test.y.numpy(), **examples.arrays}
    texts |= examples.words
    for name in _COLUMNS:
        column: Tensor | None = getattr(test.structure, name)
        if column is not None:
            arrays[name] = column.numpy()
    arrays["folds"] = folds.astype(np.int16)
    arrays["texts"] = np.frombuffer(json.dumps(texts).encode(), np.uint8)
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    write_bytes(path, content.getvalue())


def load_points(path: Path, fingerprint: str) -> Tested:
    """Read what `save_points` wrote; its points must have this fingerprint.

    Raises SteadfitError for a file that is absent, damaged, or of another study.
    """
    again = "Run the study again: what is trained is not trained a second time."
    try:
        arrays, _ = load_arrays(path, _ARRAYS)
        texts = json.loads(check_json(path, arrays["texts"].tobytes()))
        tested = Tested(points(_dataset(arrays, texts)), _folds(arrays["folds"]))
        if tested.folds.shape[1] != len(tested.data):
            raise ValueError("its folds do not fit its points")
        found = tested.data.fingerprint
    except _DAMAGE as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise SteadfitError(f"{path} holds no test points ({reason}). {again}") from None
    if found != fingerprint:
        raise SteadfitError(f"{path} belongs to another study than study.json. {again}")
    return tested


def _folds(found: np.ndarray) -> np.ndarray:
    if found.ndim != 2 or not len(found) or found.dtype.kind not in "iu" or (found < 0).any():
        raise ValueError("its folds are none")
    return found.astype(np.int64)


def _dataset(arrays: dict[str, np.ndarray], texts: dict[str, Any]) -> Dataset:
    schema = Schema.from_dict(texts["schema"])
    x, y = schema.kind.unpacked(Packed(arrays, texts)), torch.from_numpy(arrays["y"])
    if not schema.kind.holds(x):
        raise ValueError(f"its examples are no {schema.kind.name}")
    columns = {name: torch.from_numpy(arrays[name]) for name in _COLUMNS if name in arrays}
    structure = Structure(**columns)
    ids = tuple(texts["ids"])
    written = tuple(map(str, texts.get("written", ())))
    either = [len(each) or len(y) for each in (ids, written)]
    sizes = {len(x), len(y), *either, *map(len, structure.tensors)}
    if len(sizes) > 1:
        raise ValueError("its arrays differ in length")
    return Dataset(texts["name"], x, y, schema, structure, ids, written=written)
