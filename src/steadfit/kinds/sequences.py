"""What series and texts have in common: they are of unequal length."""

import math
from abc import abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from steadfit.errors import SteadfitError, counted
from steadfit.formats import Form, Rows
from steadfit.formats.columns import Columns
from steadfit.formats.form import holds_table, open_table
from steadfit.formats.frames import from_frame, is_frame, with_times
from steadfit.formats.numerals import Mark
from steadfit.formats.workbooks import check_sheets
from steadfit.formats.writing import NOTHING_TOLD, opened, with_order
from steadfit.kinds.base import Kind
from steadfit.kinds.own_changes import own_change_of_sequences
from steadfit.kinds.ragged import Ragged
from steadfit.kinds.values import Examples, Packed, existing, said
from steadfit.nn import Padded

# Of a batch that is predicted, at most: examples, steps with their padding, and numbers in these.
_EXAMPLES, _STEPS, _NUMBERS = 512, 2**16, 2**21


class Sequences(Kind[Ragged]):
    """A kind whose examples are sequences of steps."""

    least_steps = 1000

    @abstractmethod
    def step_size(self, x: Ragged) -> str:
        """How large one step is, in words; "" for a single value."""

    def read(self, source: Path, form: Form | None, **options: Any) -> Examples:
        """From a table, or a file of this kind; options as in `_read`."""
        return self._read(source, form, **options)

    def _read(
        self,
        source: Path,
        form: Form | None,
        missing: str | None = None,
        encoding: str | None = None,
        delimiter: str | None = None,
        decimal: Mark | None = None,
        sheet: str | None = None,
        day_first: bool | None = None,
    ) -> Examples:
        """missing: the rule for missing values, `of_gaps` if None. encoding, delimiter, decimal: as
        in `read_csv`. sheet: as in `sheet_text`. day_first: as in `Columns`."""
        files = form.files if form is not None else None
        missing = self.of_gaps if missing is None else missing
        if not (source.is_file() or holds_table(source)):
            raise SteadfitError(f"There is no file {source}.")
        check_sheets(source)
        if self.is_rows(source):
            trained = NOTHING_TOLD if form is None else form.writing
            table = opened(
                lambda mark: open_table(source, encoding, delimiter, mark, sheet), decimal, trained
            )
            form = form or self.told(table)
            table = with_order(table, form.needed(), day_first, trained)
            rows = form.read(table, missing)
            rows = rows._replace(notes=(*table.notes, *rows.notes))
        elif self.is_own(source) and files is None:
            rows = self.rows_of(source, encoding)
        else:
            raise SteadfitError(f"The model takes {files or self.files}, got {source}.")
        return self.joined(rows, source.name, missing)

    def from_memory(self, given: Any, form: Form | None) -> Ragged:
        """What `examples_of` takes."""
        return said(self.examples_of(given, form))

    def examples_of(self, given: Any, form: Form | None) -> Examples:
        """A path, a table of pandas', polars' or Arrow's, or what `from_values` takes."""
        if isinstance(given, Path) or (isinstance(given, str) and self.text_is_path):
            return self.read(existing(given), form)
        if is_frame(given):
            trained = NOTHING_TOLD if form is None else form.writing
            table = opened(lambda mark: from_frame(with_times(given), decimal=mark), None, trained)
            form = form or self.told(table)
            table = with_order(table, form.needed(), None, trained)
            return self.joined(form.read(table), table.file, "refuse")
        return self.joined(self.from_values(given), "x", "refuse")

    of_gaps: ClassVar[str] = "refuse"  # the rule for what is missing in a file to predict
    text_is_path: ClassVar[bool] = True  # whether a text names a file, and is no example

    @abstractmethod
    def from_values(self, given: Any) -> Rows:
        """One example or several, from arrays and lists. Raises SteadfitError for anything else."""

    suffix: ClassVar[str]  # of files of this kind that are no tables

    def is_own(self, source: Path) -> bool:
        """Whether it is a file of this kind that is no table."""
        return source.suffix.lower() == self.suffix

    def is_rows(self, source: Path) -> bool:
        """Whether it is a table."""
        return holds_table(source)

    files: ClassVar[str]  # what new inputs may be

    @abstractmethod
    def told(self, table: Columns) -> Form:
        """The form of a table, told by its columns."""

    @abstractmethod
    def rows_of(self, source: Path, encoding: str | None) -> Rows:
        """The examples of a file with `suffix`."""

    @abstractmethod
    def joined(self, rows: Rows, name: str, missing: str) -> Examples:
        """Rows as examples of this kind."""

    def size(self, x: Ragged) -> str:
        shortest, longest = int(x.lengths.min()), int(x.lengths.max())
        begin = "" if shortest == longest else f"{shortest:,} to "
        return f"of {begin}{counted(longest, x.unit)}{self.step_size(x)}"

    def rows(self, x: Ragged) -> Iterator[np.ndarray]:
        return x.rows()

    def tensors(self, x: Ragged) -> tuple[Tensor, ...]:
        return (x.lengths, x.values)

    def names(self, x: Ragged) -> tuple[tuple[str, ...], ...]:
        return (x.tokens,)

    def packed(self, x: Ragged) -> Packed:
        arrays = {"x": x.values.numpy(), "lengths": x.lengths.numpy()}
        return Packed(arrays, {"tokens": x.tokens, "unit": x.unit})

    def unpacked(self, packed: Packed) -> Ragged:
        values, lengths = (torch.from_numpy(packed.arrays[name]) for name in ("x", "lengths"))
        if lengths.ndim != 1 or bool((lengths < 1).any()) or int(lengths.sum()) != len(values):
            raise ValueError("its lengths do not fit its values")
        return Ragged(values, lengths, tuple(packed.words["tokens"]), packed.words["unit"])

    def prepared(
        self, x: Ragged, prepare: Callable[[Ragged], Ragged]
    ) -> Callable[[Tensor], Ragged]:
        """Sequences are prepared here, once."""
        return prepare(x).__getitem__

    def placed(self, x: Ragged, device: str) -> Ragged:
        return x.to(device)

    def changed_by(self, code: Any, x: Ragged) -> Ragged:
        return own_change_of_sequences(code, x)

    def padded(self, x: Ragged) -> Padded:
        return Padded.of(x.padded(), x.lengths)

    def shuffled(
        self, x: Ragged, rows: Tensor, batches: int, generator: torch.Generator
    ) -> tuple[Tensor, ...]:
        """Sequences are with others of about their length, so that there is little padding.

        Lengths are blurred by up to a fifth, so that batches differ from one epoch to the next.
        """
        blur = 1 + 0.2 * torch.rand(len(rows), generator=generator, dtype=torch.float32)
        sorted_rows = rows[torch.argsort(x.lengths[rows] * blur, stable=True)]
        parts = sorted_rows.tensor_split(batches)
        return tuple(parts[i] for i in torch.randperm(batches, generator=generator).tolist())

    def to_predict(self, x: Ragged) -> Iterator[Tensor]:
        """Sequences of about one length together; long ones come in smaller batches."""
        order = torch.argsort(x.lengths, descending=True, stable=True)
        steps = min(_STEPS, _NUMBERS // math.prod(x.shape[2:]))
        while len(order):
            size = max(1, min(_EXAMPLES, steps // int(x.lengths[order[0]])))
            yield order[:size]
            order = order[size:]
