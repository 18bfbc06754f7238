"""`Schema`: the form of a data set. New inputs of the same form are read by it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

from pydantic import TypeAdapter

from steadfit.errors import SteadfitError
from steadfit.formats import FORMS, Form
from steadfit.formats.columns import Columns
from steadfit.formats.writing import writing_of
from steadfit.kinds import KINDS, Examples, Kind, existing
from steadfit.tasks import TASKS, Task


@dataclass(frozen=True)
class Schema:
    """What an example is, what is predicted, and the form of the table that holds them, if any.

    A reader writes it, and it is saved with the model.
    """

    kind: Kind[Any]
    task: Task
    form: Form | None = None

    @property
    def model(self) -> str:
        """The model that is trained where none is named."""
        return self.task.model(self.kind)

    @property
    def remedies(self) -> tuple[str, ...]:
        """The remedies that are tried where none are named."""
        return self.task.remedies(self.kind)

    @property
    def references(self) -> tuple[str, ...]:
        """The reference models that a network is compared with, where they suit the data."""
        return self.task.references(self.kind)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the table that examples are read from; none of other files."""
        return self.kind.columns_read if self.form is None else tuple(self.form.needed())

    def epochs(self, usual: int, steps: int, least: int | None = None) -> int:
        """Passes over the data where none are given; usual: the recipe's default. steps: of the
        optimiser, in one pass. least: that the model takes in all; None where the kind decides."""
        return self.task.epochs(self.kind, usual, steps, least)

    def read(self, source: str | Path, fill: str | None = None, **options: Any) -> Examples:
        """New inputs of the same form, without targets, from a file or folder.

        fill: of forecasts, the rule for gaps in place of the form's own (`filling`).
        options: how they are written (`missing`, `encoding`, `delimiter`, `decimal`), where the
        kind of example has such. Raises SteadfitError for another form, and for what cannot be
        read.
        """
        return self.kind.read(existing(source), self.filling(fill), **options)

    def filling(self, rule: str | None) -> Form | None:
        """The form, with the gaps of new tables filled by another rule, if one is given. Raises
        SteadfitError where the form has no such rule."""
        if rule is None:
            return self.form
        if self.form is None:
            raise SteadfitError(f'fill, here "{rule}", is for forecasts of tables. Leave it out.')
        return self.form.filling(rule)

    def written_as(self, table: Columns) -> Self:
        """The schema with the writing of the table that was trained on, for new tables that can be
        read in two ways."""
        writing = writing_of(table, self.columns)
        if self.form is None:
            return replace(self, kind=self.kind.written_as(writing))
        return replace(self, form=replace(self.form, writing=writing))

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        parts = {"kind": self.kind, "task": self.task, "form": self.form}
        return {
            what: None if part is None else {"name": part.name, **asdict(part)}  # pyright: ignore
            for what, part in parts.items()
        }

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """Read `to_dict`'s mapping. Raises ValueError where it is anything else, or where its parts
        do not belong together."""
        if not isinstance(values, Mapping) or set(values) != {"kind", "task", "form"}:
            raise ValueError("a schema has a kind, a task and a form")
        kind = _made(KINDS, values["kind"], "kind")
        task = _made(TASKS, values["task"], "task")
        form = values["form"]
        task.check_kind(kind)
        return cls(kind, task, None if form is None else _made(FORMS, form, "form"))


def _made(known: Mapping[str, type], values: Any, what: str) -> Any:
    """The object of a registry that these plain values describe."""
    if not isinstance(values, Mapping) or values.get("name") not in known:
        raise ValueError(f"{what} must be one of {', '.join(known)}, got {str(values)[:60]}")
    made = known[values["name"]]
    others = set(values) - {"name", *(field.name for field in fields(made))}
    if others:
        raise ValueError(f"{what} {values['name']} has no {', '.join(map(str, others))[:60]}")
    given = {name: value for name, value in values.items() if name != "name"}
    return TypeAdapter(made).validate_python(given)
