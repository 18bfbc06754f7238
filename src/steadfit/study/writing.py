"""What a study writes: its arms as `study.json` has them, and its files."""

from collections.abc import Sequence
from pathlib import Path

from steadfit.analysis.evidence import ArmEvidence
from steadfit.files import write_text
from steadfit.study.plan import Plan
from steadfit.study.points_file import save_points
from steadfit.study.result import RemedyFacts, StudyResult, TrainedArm
from steadfit.study.rounds import Rounds
from steadfit.study.trials import Arm, drawn_trials, repetition_trials
from steadfit.training import TrainedModel, TrainedReference


def write(
    folder: Path, result: StudyResult, model: TrainedModel | TrainedReference | None, plan: Plan
) -> None:
    """The study's files; the result is the last one."""
    if model is not None:
        model.save(folder / "model")
    save_points(folder / "points.npz", plan.test, plan.tested.folds)
    write_text(folder / "study.json", result.to_json())


def trained_arms(
    rounds: Rounds,
    arms: Sequence[Arm],
    evidence: Sequence[ArmEvidence],
    varied: Sequence[Arm] = (),
) -> tuple[TrainedArm, ...]:
    """Arms, each with its evidence, as `study.json` has them. varied: those with a variance."""
    return tuple(
        _trained(rounds, arm, own, arm in varied) for arm, own in zip(arms, evidence, strict=True)
    )


def _trained(rounds: Rounds, arm: Arm, evidence: ArmEvidence, varied: bool) -> TrainedArm:
    plan = rounds.plan
    count = rounds.repetitions[arm.name]
    drawn = drawn_trials(plan, arm) if varied else ()
    return TrainedArm(
        name=arm.name,
        remedies=tuple(RemedyFacts(one.name, one.strength) for one in arm.remedies),
        settings=dict(arm.learner.settings),
        parameters=round(evidence.facts.get("parameters", 0.0)),
        tested=tuple(
            tuple(trial.key for trial in repetition_trials(plan, arm, number))
            for number in range(count)
        ),
        drawn=tuple(tuple(trial.key for trial in sample) for sample in drawn),
        source=arm.learner.own_code,
    )
