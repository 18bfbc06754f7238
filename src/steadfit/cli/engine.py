"""The options of `steadfit study` and `steadfit measure` on where replicas are trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Group, Parameter

if TYPE_CHECKING:
    from steadfit.study.engine import Engine

WHERE = Group("Where it is trained", sort_key=3)


@Parameter(name="*")
@dataclass(frozen=True)
class Where:
    """An engine by its name, and its settings; None: as it has them by default."""

    engine: Annotated[
        Literal["local", "serial", "ray"],
        Parameter(
            group=WHERE,
            help="local: in processes here; serial: in this process; ray: on a Ray cluster.",
        ),
    ] = "local"
    processes: Annotated[
        int | None,
        Parameter(group=WHERE, help="Trainings at a time. [default: one a core, or a GPU]"),
    ] = None
    per_gpu: Annotated[
        int | None, Parameter(group=WHERE, help="Trainings that share a GPU. [default: 1]")
    ] = None
    address: Annotated[
        str | None,
        Parameter(
            group=WHERE,
            help="Of the Ray cluster: HOST:6379, or auto. [default: Ray is started here]",
        ),
    ] = None

    def chosen(self) -> Engine:
        """The engine. Raises SteadfitError for a setting that it has not."""
        from steadfit.study.engines import engine_of

        return engine_of(
            self.engine, processes=self.processes, per_gpu=self.per_gpu, address=self.address
        )
