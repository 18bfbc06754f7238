"""A finished study and a finished fit, as people hold them: figures, model, folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steadfit.analysis.result import ArmAnalysis, LearningCurve
from steadfit.errors import CodeNeededError, SteadfitError, counted
from steadfit.references import ReferenceScore
from steadfit.report import fit_html, fit_summary, summary, summary_html, wording
from steadfit.report.fits import explain_fit
from steadfit.report.text import as_text
from steadfit.report.voice import PYTHON
from steadfit.study.fit_result import FitResult
from steadfit.study.folder import Run
from steadfit.study.result import StudyResult
from steadfit.training import TrainedModel, TrainedReference


@dataclass(frozen=True, eq=False)
class Study:
    """A finished study: its figures, its model, and the folder they are in.

    `print(study)` shows the table and the verdict; so does its name at the end of a notebook's
    cell. notes: on the data.
    """

    result: StudyResult
    folder: Path
    run: Run

    @property
    def model(self) -> TrainedModel | TrainedReference:
        """The best model, ready to predict.

        Raises SteadfitError where none was asked for, where its training failed, and where it is a
        network of one's own whose code this study was read again without.
        """
        if self.result.model is None:
            raise SteadfitError(
                f"There is no model, because none was asked for. The best arm is "
                f"{self.result.analysis.best}."
            )
        if self.run.model is None and self.result.model.members:
            raise CodeNeededError(
                "The model is a network of your own, whose code is not saved with it, "
                "and it was not exported to ONNX. Load it: "
                f'TrainedModel.load("{self.folder}", network=OwnNetwork.of(...)).'
            )
        if self.run.model is None:
            raise SteadfitError(
                f"There is no model, because training {self.result.model.arm} on all the training "
                "data failed."
            )
        return self.run.model

    @property
    def notes(self) -> tuple[str, ...]:
        return self.run.about.notes

    def learning_curve(self) -> LearningCurve:
        """The arm handed over on a quarter, half and all of the data, and at twice of it.

        Raises SteadfitError for a study that was not asked for it.
        """
        curve = self.result.analysis.learning_curve
        if curve is None:
            raise SteadfitError(
                "This study has no learning curve. Run it again with learning_curve=True: what is "
                "trained already is kept."
            )
        return curve

    def frame(self) -> Any:
        """`rows`, one an arm, as a pandas DataFrame. Raises SteadfitError without pandas."""
        try:
            import pandas
        except ImportError:
            raise SteadfitError("frame() needs pandas. Install it: pip install pandas") from None
        return pandas.DataFrame(rows(self.result))

    def __repr__(self) -> str:
        found = self.result.analysis
        arms = counted(len(found.arms), "arms")
        return f"<Study of {self.result.data.name}: {arms}, best {found.best}>"

    def _repr_html_(self) -> str:
        """What a notebook shows: the table and the sentences, without the page's figures."""
        return summary_html(self.result, PYTHON)

    def __rich__(self) -> Any:
        return summary(self.result, PYTHON, self.run.seconds)

    def __str__(self) -> str:
        return as_text(self)


def rows(result: StudyResult) -> list[dict[str, Any]]:
    """The figures as plain rows, one an arm, its verdict once; reference models after them.

    Columns: arm, verdict, repetitions; of each measure, as cross_entropy, its total, and the change
    against the baseline with its interval and the chance that it is below 0, MEASURE_change,
    MEASURE_low, MEASURE_high and MEASURE_chance_better; of each loss that was split, LOSS_variance
    and LOSS_bias_noise of the replicas on drawn samples; None where there is none.
    """
    found = result.analysis
    measures = list(dict.fromkeys(name for arm in found.arms for name in arm.totals))
    split = [arm.variance.losses for arm in found.arms if arm.variance]
    losses = list(dict.fromkeys(loss for one in split for loss in one))
    table = []
    for arm in (*found.arms, *found.references):
        whole = arm if isinstance(arm, ArmAnalysis) else None
        row: dict[str, Any] = {"arm": arm.name}
        row["verdict"] = str(whole.verdict) if whole else "reference"
        row["repetitions"] = whole.repetitions if whole else None
        for name in measures:
            change = whole.changes.get(name) if whole else None
            row[name] = arm.totals.get(name)
            row[f"{name}_change"] = change.value if change else None
            row[f"{name}_low"] = change.low if change else None
            row[f"{name}_high"] = change.high if change else None
            row[f"{name}_chance_better"] = change.chance_better if change else None
        for loss in losses:
            parts = whole.variance.losses.get(loss) if whole and whole.variance else None
            row[f"{loss}_variance"] = parts.variance if parts else None
            row[f"{loss}_bias_noise"] = parts.bias_noise if parts else None
        table.append(row)
    return table


@dataclass(frozen=True, eq=False)
class Fitted:
    """One trained model: its folder, its figures, and the seconds that training took.

    `print(fitted)` shows the figures; so does its name at the end of a notebook's cell.
    references: what simple rivals give on the same test points; the first guesses. notes: what else
    there is to say of the training. data_notes: on the data and how they were divided.
    """

    model: TrainedModel
    folder: Path
    result: FitResult
    seconds: float
    references: tuple[ReferenceScore, ...] = ()
    data_notes: tuple[str, ...] = ()

    @property
    def loss(self) -> float:
        """Mean cross-entropy of the test points in nats (of a text, a token; of several labels, a
        label), or squared error."""
        return self.result.loss

    @property
    def error(self) -> float | None:
        """The share of wrong classes, labels or tokens; None for numbers."""
        return self.result.error

    @property
    def in_words(self) -> str:
        """As people compare it: "test loss 0.1234 nats", "test MAE 5.11, MASE 0.413"."""
        if measures := self.result.measures:
            read = ", ".join(wording.in_words(value, one) for one, value in measures.items())
            return f"test {read}"
        return self.model.facts.schema.task.in_words(self.loss)

    @property
    def notes(self) -> tuple[str, ...]:
        return explain_fit(self.result)

    @property
    def curves(self) -> Mapping[str, Sequence[float]]:
        """The losses of each epoch: train_loss and, where some examples were held out for it,
        validation_loss."""
        return self.result.curves

    def __repr__(self) -> str:
        name = self.result.settings["model"]["name"]
        return f"<Fitted {name} on {self.result.data.name}: {self.in_words}>"

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return fit_html(self.result)

    def __rich__(self) -> Any:
        return fit_summary(self.result)

    def __str__(self) -> str:
        return as_text(self)
