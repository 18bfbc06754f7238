"""The options of `steadfit study` and `steadfit measure` on where replicas are trained."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Group, Parameter

from steadfit.cli.settings import named

if TYPE_CHECKING:
    from steadfit.study.engine import Engine

WHERE = Group("Where it is trained", sort_key=3)


@Parameter(name="*")
@dataclass(frozen=True)
class Where:
    """An engine by its name, and its settings; None: as it has them by default."""

    engine: Annotated[
        Literal["local", "serial", "ray", "slurm"],
        Parameter(
            group=WHERE,
            help="local: in processes here; serial: in this process; ray: on a Ray cluster; slurm: "
            "by array jobs.",
        ),
    ] = "local"
    processes: Annotated[
        int | None,
        Parameter(group=WHERE, help="Trainings at a time. [default: one a core, or a GPU]"),
    ] = None
    per_gpu: Annotated[
        int | None,
        Parameter(
            group=WHERE, help="Trainings that share a GPU. [default: as many as its memory holds]"
        ),
    ] = None
    address: Annotated[
        str | None,
        Parameter(
            group=WHERE,
            help="Of the Ray cluster: HOST:6379, or auto. [default: Ray is started here]",
        ),
    ] = None

    sbatch: Annotated[
        list[str],
        Parameter(
            group=WHERE,
            negative=(),
            show_default=False,
            help="A setting of Slurm's sbatch: --sbatch partition=cpu, --sbatch time=30. Repeat.",
        ),
    ] = field(default_factory=list)

    def chosen(self) -> Engine:
        """The engine. Raises SteadfitError for a setting that it has not."""
        from steadfit.study.engines import engine_of

        return engine_of(
            self.engine,
            processes=self.processes,
            per_gpu=self.per_gpu,
            address=self.address,
            sbatch=named(self.sbatch, "--sbatch time=30") or None,
        )
