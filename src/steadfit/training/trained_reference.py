"""`TrainedReference`: a reference model that is handed over, as a network would be."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import numpy as np
import safetensors.numpy
from pydantic import ConfigDict, PlainSerializer, PlainValidator, PositiveInt, TypeAdapter
from pydantic.dataclasses import dataclass as checked_dataclass
from pydantic_core import from_json

from steadfit.data import Schema
from steadfit.errors import SteadfitError
from steadfit.files import whole_folder
from steadfit.kinds import checked
from steadfit.references import REFERENCES, FittedReference, Learned, reference_of
from steadfit.training import limits
from steadfit.training.export import Format, export, reference_program
from steadfit.training.facts import FORMAT, schema_of
from steadfit.training.model_files import FACTS, prepare, weights_file
from steadfit.training.weights import read_weights


@checked_dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class ReferenceFacts:
    """`model.json` of a reference: its name, and `FittedReference`'s plain values."""

    reference: str
    schema: Annotated[Schema, PlainValidator(schema_of), PlainSerializer(Schema.to_dict)]
    shape: tuple[PositiveInt, ...]
    words: tuple[str, ...] = ()
    format: Literal[2] = FORMAT


_ADAPTER = TypeAdapter(ReferenceFacts)


@dataclass(frozen=True, eq=False, repr=False)
class TrainedReference:
    """A fitted reference on new inputs: a single member, read as `TrainedModel` is."""

    fitted: FittedReference

    def __repr__(self) -> str:
        return f"<TrainedReference {self.fitted.reference.name}>"

    @property
    def facts(self) -> ReferenceFacts:
        found = self.fitted
        return ReferenceFacts(
            found.reference.name, found.schema, found.shape, tuple(found.learned.words)
        )

    def logits(self, x: Any) -> np.ndarray:
        """Log-probabilities, or numbers in the targets' units; (1, examples, outputs).

        Raises SteadfitError as `TrainedModel.logits`.
        """
        schema = self.fitted.schema
        schema.task.check_answers()
        return self.fitted.outputs(checked(schema.kind, x, schema.form))[None]

    def sampled_logits(self, x: Any, passes: int = 50, seed: int = 0) -> NoReturn:
        """Raises SteadfitError: a reference drops nothing."""
        raise SteadfitError(
            f"Sampled logits need a network with dropout, got {self.fitted.reference.name}. Use "
            "logits."
        )

    def probabilities(self, x: Any) -> np.ndarray:
        """Of each class or label, shape (examples, outputs); those of classes sum to 1.

        Raises SteadfitError for a model of numbers."""
        return self.fitted.schema.task.probabilities(self.logits(x))

    def predict(self, x: Any) -> np.ndarray:
        """The most probable class by name, shape (examples,); of several labels those that are more
        likely than not, in one text; or numbers (examples, outputs)."""
        return self.fitted.schema.task.predict(self.logits(x))

    def intervals(self, x: Any) -> dict[int, tuple[np.ndarray, np.ndarray]]:
        """None: the errors of a reference are not kept."""
        return {}

    def export(self, path: str | Path, to: Format = "onnx") -> Path:
        """Save the model as a program that runs without steadfit, as `TrainedModel.export`.

        Raises SteadfitError too for a reference that is no linear model of columns.
        """
        return export(reference_program(self.fitted), path, to)

    def save(self, folder: str | Path) -> None:
        """Write the folder anew: model.json, and one safetensors file with what was learned.

        Raises SteadfitError as `TrainedModel.save`, and for a reference that is not in the
        registry, as it could not be found again by its name.
        """
        folder, reference = Path(folder), self.fitted.reference
        if REFERENCES.get(reference.name) is None:
            raise SteadfitError(
                f'A reference must be registered to be saved, got "{reference.name}". Save what it '
                "predicts."
            )
        prepare(folder)
        arrays = {
            name: np.array(array, order="C") for name, array in self.fitted.learned.arrays.items()
        }
        with whole_folder(folder) as new:
            (new / weights_file(0)).write_bytes(safetensors.numpy.save(arrays))
            (new / FACTS).write_bytes(_ADAPTER.dump_json(self.facts, indent=2) + b"\n")

    @classmethod
    def read(cls, folder: Path, values: dict[str, Any]) -> "TrainedReference":
        """From a folder, whose model.json has these values.

        Raises SteadfitError, ValueError or OSError where it is damaged.
        """
        facts = _ADAPTER.validate_python(values)
        limits.check_shape(facts.shape)
        limits.check_names(facts.schema.task.classes)
        facts.schema.kind.check_shape(facts.shape)
        reference, task = reference_of(facts.reference), facts.schema.task
        limits.check_outputs(task.outputs)
        if not reference.predicts & {task.name, task.learned}:
            raise SteadfitError(f"{reference.name} does not predict {task.learned}")
        arrays = {name: t.numpy() for name, t in read_weights(folder / weights_file(0)).items()}
        for name, array in arrays.items():
            if max(array.shape, default=0) > max(array.size, 1):  # a length that no value backs
                raise SteadfitError(f"{name} must have values, got the shape {array.shape}")
            if not np.isfinite(array).all():
                raise SteadfitError(f"{name} must be finite, got NaN or infinity")
        learned = Learned(arrays, facts.words)
        reference.check(learned, facts.schema)
        return cls(FittedReference(reference, facts.schema, facts.shape, learned))


def reference_values(content: bytes) -> dict[str, Any] | None:
    """The values of a model.json that describes a reference; None for another."""
    values = from_json(content)
    return values if isinstance(values, dict) and "reference" in values else None
