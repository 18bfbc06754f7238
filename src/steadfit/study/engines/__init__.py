"""Where replicas are trained: the engines by their names."""

from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any

from steadfit.errors import SteadfitError, unknown
from steadfit.study.engine import Engine
from steadfit.study.engines.local import LocalEngine as LocalEngine
from steadfit.study.engines.ray_cluster import RayEngine as RayEngine
from steadfit.study.engines.serial import SerialEngine as SerialEngine
from steadfit.study.engines.slurm import SlurmEngine as SlurmEngine

ENGINES: Mapping[str, type] = MappingProxyType(
    {"local": LocalEngine, "serial": SerialEngine, "ray": RayEngine, "slurm": SlurmEngine}
)
EngineLike = Engine | str


def engine_of(engine: EngineLike, **settings: Any) -> Engine:
    """The engine of this name with these settings, but for those that are None; one of a person's
    own is taken as it is.

    Raises SteadfitError for an unknown name, and for a setting that the engine has not.

    >>> engine_of("local", processes=2, address=None)
    LocalEngine(processes=2, per_gpu=None)
    """
    given = {name: value for name, value in settings.items() if value is not None}
    if not isinstance(engine, str):
        known, called = frozenset[str](), "An engine of your own"
    elif engine in ENGINES:
        known = frozenset(field.name for field in fields(ENGINES[engine]))
        called = f"The engine {engine}"
    else:
        raise unknown("engine", engine, ENGINES)
    for name in given:
        if name not in known:
            raise SteadfitError(f"{called} takes no {name}, got {given[name]}. Leave it out.")
    return ENGINES[engine](**given) if isinstance(engine, str) else engine
