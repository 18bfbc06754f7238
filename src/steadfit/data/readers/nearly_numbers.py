"""Targets that are numbers but for a few words."""

import re
from dataclasses import replace

from steadfit.errors import SteadfitError, counted, some
from steadfit.formats.cells import MISSING
from steadfit.formats.columns import Columns
from steadfit.formats.numerals import Mark, pattern
from steadfit.formats.plain_cells import with_plain_numbers
from steadfit.tasks import TASKS, Numbers

_NUMBER = re.compile(f"{pattern('.')}|{pattern(',')}")
_WHOLE = re.compile(r"[+-]?[0-9]+")
_FEW = 20  # different whole numbers, at most, that may be classes


def checked_words(
    table: Columns, label: str, task: str | None, missing: str | None, decimal: Mark | None
) -> Columns:
    """The table, without the rows that have a word among a target's numbers where task is
    "numbers" and missing is "drop", which the notes say.

    Raises SteadfitError that names these rows where the task is "numbers", or where it is None and
    all but a tenth of the cells, or one, are numbers.
    """
    asked = Numbers if task is None else TASKS.get(task)  # another word is refused later
    if asked is None or asked.of_words or table.is_numeric(label):
        return table
    cells = table.names_as_written(label)
    known = {i: cell for i, cell in enumerate(cells) if cell and cell.lower() not in MISSING}
    words = {i: cell for i, cell in known.items() if not _NUMBER.fullmatch(cell)}
    numbers = {cell for cell in known.values() if _NUMBER.fullmatch(cell)}
    count = len(known) - len(words)
    may_be_classes = len(numbers) <= _FEW and all(map(_WHOLE.fullmatch, numbers))
    if not words or not numbers or (task is None and may_be_classes):
        return table
    if len(words) > (max(1, len(known) // 10) if task is None else count):
        return table
    named = some([f'{table.where(i)} ("{cell[:30]}")' for i, cell in words.items()])
    if task is None or missing != "drop":
        raise SteadfitError(
            f'{table.file}, column "{label}": {count:,} of {len(known):,} cells are numbers, got '
            f"something else in {named}. Fix or remove these rows; or leave them out by "
            'task="numbers" and missing="drop".',
            task="numbers",
            missing="drop",
        )
    note = f"{table.file}: {counted(len(words), 'rows')} without a number in {label} left out: "
    rest = table.without([*words])
    kept = with_plain_numbers(rest, [label], decimal)
    return replace(
        kept,
        as_written={**rest.as_written, **kept.as_written},
        units={**rest.units, **kept.units},
        notes=(*kept.notes, f"{note}{named}."),
    )
