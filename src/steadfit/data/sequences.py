"""From series and texts in memory to a `Dataset`."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from steadfit.data.dataset import Dataset, Structure
from steadfit.data.schema import Schema
from steadfit.data.targets import TaskName, group_numbers, own_test, read_targets
from steadfit.errors import SteadfitError, some, unknown
from steadfit.formats import Form, Rows
from steadfit.formats.arrays import as_array, named
from steadfit.formats.word_vectors import WordVectors, read_vectors
from steadfit.kinds import Ragged, Series, Texts, Unit
from steadfit.kinds.markup import markup_notes
from steadfit.kinds.series_rows import joined
from steadfit.kinds.tokens import unit_of

_USUAL = 0.99  # of the texts are as long as what is read of those that are far longer
_SHOWN = 300  # characters of a text that are kept as it was written
_LEAST = 128  # tokens that are always read
_FAR = 4  # times as long as these is far longer
_SPACELESS = (
    "The texts are cut into characters, as their script puts no spaces between words; "
    'unit="words" cuts them at spaces.'
)

_UNITS = ("words", "characters")  # that labelled texts are cut into


def from_series(
    x: Sequence[Any] | np.ndarray,
    y: Any,
    name: str = "series",
    *,
    task: TaskName | None = None,
    several: str | None = None,
    missing: str = "refuse",
    ids: Sequence[str] = (),
    is_test: Any = None,
    groups: Any = None,
    notes: Sequence[str] = (),
    form: Form | None = None,
) -> Dataset:
    """A dataset of time series, which may differ in length.

    x: for each example an array of shape (steps,) or (steps, channels); NaN where missing.
    y, task, several, ids, is_test, groups: as in `from_arrays`.
    form: the form of the table that they came from, if any.
    missing: what is done where values are missing. "refuse" raises, naming the examples; "linear"
        draws a straight line between the neighbours in the same channel and repeats the nearest
        value at the ends; "drop" leaves the example out. What was done is in the notes.

    Raises SteadfitError for empty series, different channels, infinite values, missing values that
    are refused or cannot be filled, and what `from_arrays` says of y.

    >>> data = from_series([[1.0, 2.0], [3.0]], ["up", "down"])
    >>> str(data), data.classes
    ('series · 2 series of 1 to 2 steps · 2 classes', ('down', 'up'))
    """
    ids = named(ids, len(x))
    y = as_array(y, "y")
    if not len(x) or len(x) != len(y):
        raise SteadfitError(
            f"{name} must have a target for each series, got {len(x)} series and {len(y)} targets."
        )
    found = joined(x, ids, missing, name)
    kept = found.kept
    of_kept = [ids[i] for i in kept]
    learned, targets, said = read_targets(y[kept], task, of_kept, several)
    marks, numbers = own_test(is_test, len(x)), group_numbers(groups, len(x))
    return Dataset(
        name=name,
        x=found.series,
        y=targets,
        schema=Schema(Series.of(found.series), learned, form),
        structure=Structure(
            is_test=None if marks is None else marks[kept],
            groups=None if numbers is None else numbers[kept],
        ),
        ids=tuple(ids[i] for i in kept),
        notes=(*notes, *found.notes, *said),
    )


def from_texts(
    texts: Sequence[str],
    y: Any,
    name: str = "texts",
    *,
    unit: Unit | None = None,
    strip: Sequence[str] = (),
    longest: int | None = None,
    missing: str = "refuse",
    vectors: str | Path | None = None,
    beside: Sequence[Sequence[str]] = (),
    task: TaskName | None = None,
    several: str | None = None,
    ids: Sequence[str] = (),
    is_test: Any = None,
    groups: Any = None,
    notes: Sequence[str] = (),
    form: Form | None = None,
) -> Dataset:
    """A dataset of texts, cut into "words" or "characters".

    unit: if None, characters where the texts' script puts no spaces between words, else words.
    strip: what is taken out of the texts first: "html", "urls".
    longest: words or characters that are read of a text, at most. If None, as many as 99% of the
        texts have, and 128 at least, where the longest has more than four times as many; else all.
    missing: "refuse" names texts without a word, "drop" leaves them out.
    vectors: a file of pretrained word vectors that a network begins with, as `read_vectors` takes.
    beside: words that stand with each text, such as its category.
    y, task, several, ids, is_test, groups: as in `from_arrays`; form: as in `from_series`.
    Raises SteadfitError for what is no text, texts without a token, and what `from_arrays` says of
    y.

    >>> data = from_texts(["a good film", "a bad film"], ["pos", "neg"])
    >>> str(data), data.x.tokens
    ('texts · 2 texts of 3 words · 2 classes', ('a', 'good', 'film', 'bad'))
    """
    if unit not in (None, *_UNITS):
        raise unknown("unit of labelled texts", str(unit), _UNITS)
    ids = named(ids, len(texts))
    y = as_array(y, "y")
    if not len(texts) or len(texts) != len(y):
        raise SteadfitError(
            f"{name} must have a target for each text, got {len(texts)} texts and {len(y)} targets."
        )
    other = [f"{where} ({text!r:.20})" for text, where in zip(texts, ids, strict=True)
             if not isinstance(text, str)]  # fmt: skip
    if other:
        raise SteadfitError(
            f"{name}: each example must be a text, got something else in {len(other)}: "
            f"{some(other)}. Fix or remove these."
        )
    if longest is not None and longest < 1:
        raise SteadfitError(f"longest must be 1 or more, got {longest}.")
    kind = Texts(unit_of(texts) if unit is None else unit, tuple(strip), longest)
    found = kind.cut(Rows(texts, ids, beside=beside), name, missing)
    if longest is None:
        kind = replace(kind, longest=_usual_longest(found.x.lengths.numpy()))
    x, cut = kind.shortened(found.x)
    kept = np.setdiff1d(np.arange(len(texts)), list(found.blank))
    pretrained = None if vectors is None else read_vectors(Path(vectors), set(x.tokens))
    learned, targets, said = read_targets(y[kept], task, found.ids, several)
    marks, numbers = own_test(is_test, len(texts)), group_numbers(groups, len(texts))
    spaceless = [_SPACELESS] if unit is None and kind.unit == "characters" else []
    return Dataset(
        name=name,
        x=x,
        y=targets,
        schema=Schema(kind, learned, form),
        structure=Structure(
            is_test=None if marks is None else marks[kept],
            groups=None if numbers is None else numbers[kept],
        ),
        ids=found.ids,
        written=tuple(_shown(str(texts[i])) for i in kept),
        vectors=pretrained,
        notes=(
            *notes, *found.notes, *spaceless, *cut, *markup_notes(texts, strip),
            *_of_vectors(x, pretrained, vectors), *said,
        ),
    )  # fmt: skip


def _of_vectors(x: Ragged, vectors: WordVectors | None, path: str | Path | None) -> list[str]:
    """How many of the words begin with a vector of a file."""
    if vectors is None or path is None:
        return []
    known = len(set(x.tokens) & set(vectors.words))
    width = vectors.values.shape[1]
    return [
        f"{known:,} of the texts' {len(x.tokens):,} {x.unit} begin with the vectors of {width} "
        f"numbers in {Path(path).name}."
    ]


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _usual_longest(lengths: np.ndarray) -> int | None:
    """What is read of a text where a few are far longer than all others; None where none is."""
    usual = max(_LEAST, int(np.quantile(lengths, _USUAL, method="lower")))
    return usual if lengths.max() > _FAR * usual else None
