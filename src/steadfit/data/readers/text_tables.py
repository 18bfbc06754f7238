"""A table of labelled texts, with what other columns tell of each."""

from steadfit.data.beside_texts import beside_texts
from steadfit.data.dataset import Dataset
from steadfit.data.readers.asked import Asked, targets_of
from steadfit.data.sequences import from_texts
from steadfit.formats import TextTable
from steadfit.formats.columns import Columns
from steadfit.formats.text_tables import has_sentences


def texts_of(table: Columns, asked: Asked, text: tuple[str, ...], label: str) -> Dataset:
    """A row a text, with what other columns tell."""
    taken = {label, asked.group, *text}
    others = asked.values or [name for name in table.names if name not in taken]
    others = [name for name in others if name not in text and not has_sentences(table, name)]
    beside, notes = beside_texts(table, others, label)
    marked = tuple(asked.marks)
    form = TextTable(text[0], text[1:], beside, label, marked, asked.several or "")
    found = form.rows(table, "refuse")
    return from_texts(
        found.examples,
        targets_of(table, asked, label),
        unit=asked.unit,
        strip=asked.strip,
        longest=asked.longest,
        vectors=asked.vectors,
        missing=asked.missing or "refuse",
        beside=found.beside,
        task=asked.task,
        several=asked.several,
        ids=found.ids,
        is_test=table.is_test,
        groups=None if asked.group is None else table.labels(asked.group),
        notes=[
            _what_is_read(form, label, table.file, bool(asked.text)),
            *notes,
            *table.unused({*taken, *others}),
        ],
        form=form,
    )


def _what_is_read(form: TextTable, label: str, file: str, named: bool) -> str:
    """named: whether the columns of texts were given."""
    names = form.needed()
    texts = [form.column, *form.more]
    beside = f", with {', '.join(names[len(texts) :])} beside it" if form.beside else ""
    why = "text was given" if named else "cells there are texts of several words"
    return (
        f"{file}: the text is in {', '.join(texts)}{beside}; {label} is learned. A row is a text, "
        f"as {why}."
    )
