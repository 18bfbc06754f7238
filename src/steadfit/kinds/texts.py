"""Texts, cut into words or characters."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from steadfit.errors import SteadfitError, counted, some, unknown
from steadfit.formats import Form, Rows, TextTable
from steadfit.formats.arrays import named
from steadfit.formats.columns import Columns
from steadfit.formats.encoding import read_text
from steadfit.kinds.markup import stripped
from steadfit.kinds.preparation import RESERVED, UNKNOWN, Preparation, Text
from steadfit.kinds.ragged import Ragged, Unit
from steadfit.kinds.random import uniform
from steadfit.kinds.sequences import Sequences
from steadfit.kinds.signature import Signature, text_signature
from steadfit.kinds.tokens import RULES, blank, number_texts, numbered
from steadfit.kinds.values import Examples
from steadfit.recipe import Augmentation

# A word of one example tells nothing.
_EXAMPLES_WITH = {"words": 2, "characters": 1, "bytes": 1, "subwords": 1}
_OF_BLANK = {"refuse": "", "drop": "left out", "blank": "given no prediction"}


@dataclass(frozen=True)
class Texts(Sequences):
    """Texts: `Ragged`, int64 token numbers with the tokens that they stand for.

    unit: what a text is cut into: "words", "characters"; of texts to continue also "bytes" or
        "subwords". strip: what is taken out of a text before, of `markup.STRIPS`. longest: tokens
        that are read of a text, at most; all if None.
    """

    unit: Unit
    strip: tuple[str, ...] = field(default=(), compare=False)
    longest: int | None = field(default=None, compare=False)

    name = several = "texts"
    model = "bag"
    changes = frozenset({"word_dropout"})
    remedies = ("recurrent_dropout", "word_dropout")
    references = ("TF-IDF and logistic regression", "TF-IDF and ridge regression")
    suffix = ".txt"
    files = "texts: a .csv, .jsonl, .json, .parquet or .txt file, or a folder of .txt files"
    text_is_path = False
    of_gaps = "blank"

    @classmethod
    def holds(cls, x: object) -> bool:
        return isinstance(x, Ragged) and x.ndim == 2

    @classmethod
    def of(cls, x: Ragged) -> Self:
        return cls(x.unit)

    def __str__(self) -> str:
        return f"texts of {self.unit}"

    def step_size(self, x: Ragged) -> str:
        return ""

    def shape(self, x: Ragged) -> tuple[int, ...]:
        return tuple(x.shape[1:])

    def check_shape(self, shape: tuple[int, ...]) -> None:
        if self.unit not in _EXAMPLES_WITH:
            raise ValueError(f"texts of {', '.join(_EXAMPLES_WITH)} were expected, got {self.unit}")
        if len(shape) != 1:
            raise ValueError(f"a number of {self.unit} was expected, got a shape of {shape}")

    def told(self, table: Columns) -> Form:
        return TextTable.told(table)

    def from_values(self, given: Any) -> Rows:
        """A text, or several in a list, an array or a column."""
        several = hasattr(given, "__iter__") and not isinstance(given, (str, bytes, dict))
        texts = list(given) if several else [given]
        other = [type(each).__name__ for each in texts if not isinstance(each, str)]
        if other or not texts:
            raise SteadfitError(
                f"The model takes {self}, got {some(other) or 'nothing'}. Give a text, a list of "
                "texts, a table or a path (pathlib.Path)."
            )
        return Rows([str(each) for each in texts], named((), len(texts)))

    def rows_of(self, source: Path, encoding: str | None) -> Rows:
        """A text a line."""
        lines = enumerate(read_text(source, encoding).split("\n"), start=1)
        kept = [(line, f"line {number}") for number, line in lines if line.strip()]
        if not kept:
            raise SteadfitError(f"{source.name} must have a text a line, got none.")
        return Rows([line for line, _ in kept], [name for _, name in kept])

    def plain(self, x: Ragged) -> list[str]:
        """The texts' tokens, joined: of words, in lower case and with a space between them."""
        return [x.text(row.tolist()) for row in self.rows(x)]

    def joined(self, rows: Rows, name: str, missing: str) -> Examples:
        found = self.cut(rows, name, missing)
        x, notes = self.shortened(found.x)
        blank = found.blank if missing == "blank" else {}
        return found._replace(x=x, notes=(*found.notes, *notes), blank=blank)

    def cut(self, rows: Rows, name: str, missing: str) -> Examples:
        """Texts as the numbers of their tokens, as long as they are.

        missing: of texts without a token, "refuse" names them; "drop" and "blank" leave them out,
        and they are the examples' `blank`, and in the notes.
        """
        if missing not in _OF_BLANK:
            raise unknown("rule for missing values", missing, ["refuse", "drop"])
        texts = stripped(rows.examples, self.strip)
        if missing == "refuse":
            x = number_texts(texts, rows.ids, self.unit, rows.beside)
            return Examples(x, tuple(rows.ids), tuple(rows.notes), labels=tuple(rows.labels))
        x = numbered(texts, self.unit, rows.beside)
        gone = {place: rows.ids[place] for place in blank(x, rows.beside)}
        if not gone:
            return Examples(x, tuple(rows.ids), tuple(rows.notes), labels=tuple(rows.labels))
        kept = np.setdiff1d(np.arange(len(x)), list(gone))
        if not len(kept):
            raise SteadfitError(f"{name} must have texts of {self.unit}, got only blank ones.")
        named = some(list(gone.values()))
        note = f"{counted(len(gone), 'blank texts')} {_OF_BLANK[missing]}: {named}."
        ids = tuple(str(rows.ids[i]) for i in kept)
        labels = tuple(str(rows.labels[i]) for i in kept) if rows.labels else ()
        x = x[torch.from_numpy(kept)]
        return Examples(x, ids, (*rows.notes, note), blank=gone, labels=labels)

    def shortened(self, x: Ragged) -> tuple[Ragged, tuple[str, ...]]:
        """The texts up to `longest` tokens, and a note where some are longer."""
        long = 0 if self.longest is None else int((x.lengths > self.longest).sum())
        if self.longest is None or not long:
            return x, ()
        note = (
            f"{counted(long, 'texts')} of {len(x):,} read up to the first {self.longest:,} "
            f"{self.unit}, the longest having {int(x.lengths.max()):,}; longest=N reads N."
        )
        return x.first(self.longest), (note,)

    def unknown(self, x: Ragged, preparation: Preparation) -> float:
        """The share of the tokens that the network does not know."""
        return float((preparation.numbers(x.tokens)[x.values] == UNKNOWN).double().mean())

    def fit(self, x: Ragged, indices: Tensor) -> dict[str, Any]:
        """The vocabulary: each character of the sample, or each word that two different examples of
        it have, most frequent first."""
        sample = x[indices.unique()]
        count = torch.bincount(sample.values, minlength=len(x.tokens))
        places = torch.arange(len(sample)).repeat_interleave(sample.lengths)
        pairs = torch.unique(places * len(x.tokens) + sample.values) % len(x.tokens)
        examples_with = torch.bincount(pairs, minlength=len(x.tokens))
        known = examples_with >= _EXAMPLES_WITH[self.unit]
        order = torch.argsort(count, descending=True, stable=True)
        return {"vocabulary": tuple(x.tokens[i] for i in order[known[order]].tolist())}

    def network_shape(
        self, shape: tuple[int, ...], preparation: Preparation | None = None
    ) -> tuple[int, ...]:
        """
        >>> Texts("words").network_shape((20,), Preparation(vocabulary=("good", "bad")))
        Text(tokens=4, steps=20)
        """
        known = len(preparation.vocabulary) if preparation else 0
        return Text(known + RESERVED, *shape)

    def means(self, shape: tuple[int, ...]) -> int:
        return 0

    def signature(self, shape: tuple[int, ...], preparations: Sequence[Preparation]) -> Signature:
        return text_signature(self.unit, RULES[self.unit], shape[0], preparations)

    def _changed(self, x: Ragged, settings: Augmentation, generator: torch.Generator) -> Ragged:
        """Each token made unknown with this probability (Bowman et al. 2016, 3.1)."""
        if not settings.word_dropout:
            return x
        drawn = uniform(x.values.shape, generator)
        gone = drawn.to(x.values.device) < settings.word_dropout
        return x.with_values(torch.where(gone, UNKNOWN, x.values))
