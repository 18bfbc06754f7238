"""`read`: from a name or a path to a `Dataset`, by way of one table of readers."""

import inspect
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import torch

from steadfit.data.dataset import Dataset
from steadfit.data.objects import from_object
from steadfit.data.readers import digits, images, mnist, npz, synthetic, tables, text, ts
from steadfit.errors import SteadfitError, counted, some, unknown
from steadfit.files import reading
from steadfit.formats.archives import archived
from steadfit.formats.dialect import looks_like_table
from steadfit.formats.form import holds_table
from steadfit.formats.frames import is_frame
from steadfit.formats.pictures import SUFFIXES as PICTURES
from steadfit.formats.workbooks import check_sheets
from steadfit.installed import installed, installed_names
from steadfit.regular_files import open_regular

Reader = Callable[..., Dataset]  # (source, **options) -> Dataset

NAMES: Mapping[str, Reader] = {
    "digits": digits.read,
    "mnist": mnist.read,
    "adding": synthetic.read_adding,
    "copy": synthetic.read_copy,
}
SUFFIXES: Mapping[str, Reader] = {
    ".npz": npz.read,
    ".ts": ts.read,
    ".csv": tables.read,
    ".tsv": tables.read,
    ".jsonl": tables.read,
    ".ndjson": tables.read,
    ".json": tables.read,
    ".parquet": tables.read,
    ".pq": tables.read,
    ".xlsx": tables.read,
    ".xlsm": tables.read,
    ".arff": tables.read,
    ".txt": text.read,
}
OF_TASK: Mapping[str, Reader] = {"tokens": text.read}  # of files with any other suffix
_NOT_ARCHIVED = (".csv", ".npz", ".parquet", ".pq", ".xlsx", ".xlsm")  # whatever they begin with
_BEGIN = 2**16  # bytes of a text that tell whether it is a table
_CODE = (".pt", ".pth", ".pkl", ".pickle", ".joblib")  # pickles, by their usual names


def dataset_of(data: Any, **usual: Any) -> Dataset:
    """A Dataset as it is, what `read` makes of a name or path, or `from_object` of anything else.

    usual: options for a reader that has them.
    Raises as these two.

    >>> dataset_of("digits")
    <Dataset digits · 1,797 images 1×8×8 · 10 classes>
    """
    if isinstance(data, Dataset):
        return data
    if isinstance(data, str | Path):
        return read(data, **taken(data, usual))
    return from_object(data)


def taken(source: str | Path, options: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the options that the reader of this source has.

    >>> taken("digits", {"pixels": 224})
    {}
    """
    kind = options.get("kind")
    suffix, rows = (kind, None) if kind is None or kind.startswith(".") else (None, kind)
    known = inspect.signature(_reader(source, suffix, options.get("task"), rows)).parameters
    return {name: value for name, value in options.items() if name in known}


def read(
    source: Any,
    *,
    kind: str | None = None,
    limit: int | None = None,
    part: str | None = None,
    classes: str | None = None,
    **options: Any,
) -> Dataset:
    """Read a data set: a built-in name, a path, or a frame.

    source: a frame of pandas', polars' or Arrow's; a name of `NAMES`; or a folder or file whose
        suffix is in `SUFFIXES`. A path that is spelt like a built-in name needs a "./" before it.
    kind: "table" or "series", what a row of numbers is; or a suffix of `SUFFIXES`, for a file that
        has another or none; with the option task="tokens" such a file is plain text.
    limit: keep this many training examples, drawn once and for all with the classes in proportion;
        a test set of the data's own stays whole. Of data in time order, the earliest examples.
    part: "train", the training examples alone of data with a test set of its own, to hold out some
        of them instead: what is chosen on those is not chosen on the test set.
    classes: "seen" leaves out the classes or labels that have too few training examples to be
        learned, one without a test set of the data's own, or none with it; also from the test set.
        They are named in a note. Examples go with their class, and stay without a label.
    options: those of the reader, by name; see `steadfit.data.readers`.

    Raises SteadfitError for an unknown name, path, format or option, and for what the reader meets.

    >>> read("digits", limit=100)
    <Dataset digits · 100 images 1×8×8 · 10 classes>
    """
    _check_source(source)
    if kind is not None and not kind.startswith("."):
        options["kind"], kind = kind, None
    reader = _reader(source, kind, options.get("task"), options.get("kind"))
    if reader is ts.read and options.get("kind") == "series":
        del options["kind"]
    known = list(inspect.signature(reader).parameters)[1:]
    if "kind" in options and "kind" not in known:
        raise SteadfitError(
            f'kind must be a suffix such as ".csv" for {source}, got "{options["kind"]}": rows of '
            "numbers are in tables and .npz files."
        )
    for option in options:
        if option not in known:
            if reader is text.read and option in inspect.signature(tables.read).parameters:
                raise SteadfitError(
                    f"{option} is of tables, and {source} is read as one long text. If it is a "
                    'table, give kind=".csv".',
                    kind=".csv",
                )
            called = source if isinstance(source, str | Path) else "a frame"
            known = sorted({"kind", "limit", "part", "classes", *known})
            raise unknown(f"option of {called}", option, known)
    if reader is text.read and kind is None and "task" not in options:
        _check_text(Path(source))
    dataset = reader(source, **options)
    if part is not None:
        dataset = _training_part(dataset, part)
    dataset = dataset if limit is None else _limited(dataset, limit)
    return dataset if classes is None else _seen(dataset, classes)


def _check_source(source: Any) -> None:
    """Raise SteadfitError for what is no name, path or frame, with how a Dataset is made of it."""
    if not isinstance(source, str | Path) and not is_frame(source):
        kind = f"{type(source).__module__.partition('.')[0]}.{type(source).__name__}"
        raise SteadfitError(
            f"source must be a data set's name, a path or a frame, got {kind}. Make a Dataset of "
            "arrays: steadfit.from_arrays(x, y)."
        )


def _unknown(source: str) -> SteadfitError:
    """The error for a word that is neither a data set nor a file or folder here."""
    names = [*NAMES, *installed_names("readers")]
    if not get_close_matches(source, names):
        with suppress(OSError):
            for name in get_close_matches(source, os.listdir(), n=1):
                return SteadfitError(f"There is no file or folder {source}. Did you mean {name}?")
    return unknown("file, folder or data set", source, names)


def _reader(source: Any, kind: str | None, task: str | None, rows: str | None) -> Reader:
    """rows: what a row of numbers is, where that was given."""
    if is_frame(source):
        return tables.read
    if source in NAMES:
        return NAMES[str(source)]
    path = Path(source)
    with reading(path):
        found = path.exists()
    if not found:
        if path.suffix or os.path.dirname(source):
            raise SteadfitError(f"There is no file or folder {path}.")
        if (reader := installed("readers", str(source))) is not None:
            return reader
        raise _unknown(str(source))
    told = kind is not None or task in OF_TASK
    if path.is_dir() and not told and not holds_table(path):
        _check_folder(path)
    if path.is_dir():
        return images.read if told or not holds_table(path) else tables.read
    suffix = (kind or path.suffix).lower()
    if kind is None and rows != "table" and suffix not in _NOT_ARCHIVED and archived(path):
        return ts.read
    if not told and holds_table(path):
        return tables.read
    if suffix in SUFFIXES:
        return SUFFIXES[suffix]
    if task is not None and task in OF_TASK:
        return OF_TASK[task]
    if suffix in _CODE:
        raise SteadfitError(
            f"{path} must be data, got {suffix}, a format that can run code when it is read, and "
            "is never read. Save the arrays from the program that wrote it: "
            "numpy.savez(path, x=x, y=y)."
        )
    if suffix and (reader := installed("readers", suffix)) is not None:
        return reader
    check_sheets(path)
    known = [name for name in installed_names("readers") if name.startswith(".")]
    what = unknown("kind of file", suffix or path.name, [*SUFFIXES, *known])
    raise SteadfitError(f'{what} Under another suffix, say what it is: kind=".csv".', kind=".csv")


def _check_text(path: Path) -> None:
    """Raise SteadfitError for a table under the name of a text."""
    with reading(path), open_regular(path) as file:
        begin = file.read(_BEGIN).decode(errors="replace")
    if looks_like_table(begin if len(begin) < _BEGIN else begin.rpartition("\n")[0]):
        raise SteadfitError(
            f'{path} has rows of a table. Give kind=".csv"; or task="tokens" to learn it as one '
            "text.",
            kind=".csv",
            task="tokens",
        )


def _check_folder(path: Path) -> None:
    """Raise SteadfitError for a folder with nothing but files that are data sets themselves."""
    with reading(path):
        inside = sorted(path.iterdir())
    files = [file.name for file in inside if file.suffix.lower() in SUFFIXES]
    if files and all(file.is_file() and file.suffix.lower() not in PICTURES for file in inside):
        raise SteadfitError(
            f"{path} must be a data set, got a folder with {some(files)}. Give one."
        )


def _training_part(dataset: Dataset, part: str) -> Dataset:
    if part != "train":
        raise unknown("part of a data set", part, ["train"])
    if dataset.structure.is_test is None:
        raise SteadfitError(
            f"part=train leaves out the test set that data come with, and {dataset.name} has "
            "none. Leave out the option."
        )
    rows = torch.from_numpy(np.flatnonzero(~dataset.structure.is_test.numpy()))
    kept = dataset.take(rows)
    return replace(kept, structure=replace(kept.structure, is_test=None))


def _seen(dataset: Dataset, classes: str) -> Dataset:
    """The data without the classes or labels that have too few training examples."""
    if classes != "seen":
        raise unknown("choice of classes", classes, ["seen"])
    task, own = dataset.schema.task, dataset.structure.is_test
    of_training = dataset.y if own is None else dataset.y[~own]
    found = task.frequent(dataset.y, of_training, least=2 if own is None else 1)
    if found is None:
        raise SteadfitError(
            f'classes="seen" is for data with classes or labels, and {dataset.name} has '
            f"{task.learned}. Leave it out."
        )
    if not found.gone:
        return dataset
    kept = dataset.take(found.rows)
    named = [f'"{name}"' for name in found.gone]
    without = len(dataset) - len(kept)
    gone = f"{counted(without, 'examples')} of " if without else ""
    note = (
        f"{gone}{counted(len(named), task.learned)} that cannot be learned left out: {some(named)}."
    )
    return replace(
        kept,
        y=found.y,
        schema=replace(kept.schema, task=found.task),
        notes=(*kept.notes, note),
    )


def _limited(dataset: Dataset, limit: int) -> Dataset:
    """`limit` of the training examples, and all of the data's own test set."""
    own = (
        np.zeros(len(dataset), bool)
        if dataset.structure.is_test is None
        else dataset.structure.is_test.numpy()
    )
    rows = np.flatnonzero(~own)
    if not 0 < limit <= len(rows):
        raise SteadfitError(
            f"limit must be from 1 to the {len(rows)} training examples, got {limit}."
        )
    if dataset.structure.spans is not None:
        earliest = np.argsort(dataset.structure.spans.numpy()[:, 1], kind="stable")[:limit]
        return dataset.take(torch.from_numpy(np.sort(earliest)))
    y = dataset.schema.task.strata(dataset.y)[rows]
    order = np.random.default_rng(0).permutation(len(rows))
    place = np.empty(len(rows))  # of each example among those of its class, as a share of them
    for label in np.unique(y):
        same = order[y[order] == label]
        place[same] = np.arange(1, len(same) + 1) / len(same)
    chosen = rows[np.lexsort((order, place))[:limit]]
    return dataset.take(torch.from_numpy(np.sort(np.append(chosen, np.flatnonzero(own)))))
