"""`ModelFacts`: what `model.json` says of a model, which is all but its weights."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    ConfigDict,
    Field,
    NonNegativeFloat,
    PlainSerializer,
    PlainValidator,
    PositiveInt,
    TypeAdapter,
    model_validator,
)
from pydantic.dataclasses import dataclass
from pydantic_core import from_json

from steadfit.data import Schema
from steadfit.recipe import Recipe
from steadfit.training import limits

FORMAT = 2


def schema_of(values: Any) -> Schema:
    """A schema, or its plain values."""
    return values if isinstance(values, Schema) else Schema.from_dict(values)


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class ModelFacts:
    """`model.json`.

    schema: of the data trained on. shape: of one example, as `Dataset.example_shape`.
    preparations: of each member's inputs, as plain values. half_widths: what intervals of a
    forecast are made of (`steadfit.tasks.coverage`), by their level in percent.
    """

    recipe: Recipe
    schema: Annotated[Schema, PlainValidator(schema_of), PlainSerializer(Schema.to_dict)]
    shape: tuple[PositiveInt, ...]
    preparations: Annotated[tuple[dict[str, Any], ...], Field(min_length=1)]
    half_widths: Annotated[dict[int, tuple[NonNegativeFloat, ...]], Field(max_length=9)] = Field(
        default_factory=dict
    )
    format: Literal[2] = FORMAT

    @model_validator(mode="after")
    def _agree(self) -> Self:
        """Whatever reads the facts counts on it that they agree with one another."""
        limits.check_members(len(self.preparations))
        numbers, outputs = self.schema.task.means, self.schema.task.outputs
        if any(len(widths) != numbers for widths in self.half_widths.values()):
            raise ValueError(f"half_widths must have {numbers} numbers each")
        vocabularies = [fitted.get("vocabulary", ()) for fitted in self.preparations]
        if self.schema.task.every_step and any(len(each) != outputs for each in vocabularies):
            raise ValueError(f"a language model's vocabularies must have {outputs} tokens")
        limits.check_shape(self.shape)
        limits.check_names(self.schema.task.classes)
        self.schema.kind.check_shape(self.shape)
        return self

    def to_json(self) -> str:
        """The content of `model.json`."""
        return _ADAPTER.dump_json(self, indent=2).decode() + "\n"

    @classmethod
    def from_json(cls, content: bytes) -> "ModelFacts":
        """Read `to_json`'s text, or that of format 1. Raises ValueError for anything else."""
        values = from_json(content)  # unlike json, it takes no half of a character
        if not isinstance(values, dict):
            raise ValueError("an object was expected")
        found = values.get("format", 1)
        if found == 1:
            values = _from_format_1(values)
        elif found != FORMAT:
            raise ValueError(f"format must be 1 or {FORMAT}, got {str(found)[:20]}")
        return _ADAPTER.validate_python(values)


_ADAPTER = TypeAdapter(ModelFacts)


def _from_format_1(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of format 2 from those of format 1, of version 0.1."""
    shape, unit, columns = values["shape"], values.get("unit"), values.get("columns", ())
    series, time = values.get("series_column"), values.get("time_column")
    kinds = {
        None: {"name": "images", **dict(zip(("channels", "height", "width"), shape, strict=False))},
        "steps": {"name": "series", "channels": shape[0]},
    }
    kind = kinds.get(unit, {"name": "texts", "unit": unit})
    tasks = {
        "classes": {"names": values["classes"]},
        "numbers": {"count": values["outputs"]},
        "tokens": {"count": values["outputs"], "unit": unit},
    }
    task = {"name": values["task"], **tasks.get(values["task"], {})}
    form: dict[str, Any] | None = None
    forecast = values.get("forecast")
    if forecast is not None:
        kept = {name: forecast[name] for name in ("horizon", "window", "targets", "season")}
        names = [columns[target] for target in forecast["targets"]] if columns else []
        task = {"name": "forecast", **kept, "names": names}
        form = {
            "name": "forecast",
            "columns": columns,
            "series": series,
            "time": time,
            "window": forecast["window"],
            "step": forecast["step"],
            "season": forecast["season"],
        }
    elif series is not None:
        form = {"name": "long", "columns": columns, "series": series, "time": time}
    elif columns and kind["name"] == "texts":
        form = {"name": "texts", "column": columns[0]}
    elif columns:
        form = {"name": "wide", "columns": columns}
    return {
        "recipe": values["recipe"],
        "schema": {"kind": kind, "task": task, "form": form},
        "shape": shape,
        "preparations": values["preparations"],
    }
