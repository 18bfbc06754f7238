"""Estimators as scikit-learn has them, by their methods alone: what they are, and made anew."""

import copy
import hashlib
import json
from typing import Any

from steadfit.errors import SteadfitError
from steadfit.own_code import OwnCode
from steadfit.own_source import described, plain

SEED = "random_state"


def is_estimator(what: Any) -> bool:
    """Whether it is an object with `fit` and `get_params`."""
    methods = hasattr(what, "fit") and hasattr(what, "get_params")
    return methods and not isinstance(what, type)


def estimator_code(estimator: Any, version: str | None = None) -> OwnCode:
    """Its class and parameters, but seeds, as what a replica's key knows of it.

    version: tells versions of the code apart where it does not tell itself.
    Raises SteadfitError where a parameter has no plain form, and no version is given.
    """
    code = OwnCode.of(type(estimator), version)
    known = _identity(estimator) if version is None else [code.digest, shown(estimator)]
    digest = hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()
    return OwnCode(estimator, code.name, digest)


def made_anew(estimator: Any, seed: int) -> Any:
    """A copy that has learned nothing, with this seed wherever it takes one."""
    made = _copied(estimator)
    seeds = [name for name in made.get_params() if name.rpartition("__")[2] == SEED]
    return made.set_params(**dict.fromkeys(seeds, seed)) if seeds else made


def shown(value: Any) -> Any:
    """An estimator or a parameter as people read it, in plain values for JSON."""
    if is_estimator(value):
        known = {name: shown(one) for name, one in _parameters(value).items()}
        return {"estimator": type(value).__qualname__, "parameters": known}
    if isinstance(value, list | tuple):
        return [shown(each) for each in value]
    return described(value)


def _parameters(estimator: Any) -> dict[str, Any]:
    found = estimator.get_params(deep=False)
    return {name: found[name] for name in sorted(found) if name != SEED}


def _identity(value: Any) -> Any:
    if is_estimator(value):
        code = OwnCode.of(type(value))
        parameters = {name: _identity(one) for name, one in _parameters(value).items()}
        return [code.name, code.digest, parameters]
    if isinstance(value, list | tuple):
        return [_identity(each) for each in value]
    if isinstance(value, type) or hasattr(value, "__code__"):
        return OwnCode.of(value).digest
    try:
        return plain(value)
    except TypeError as error:
        if hasattr(value, "__dict__") and not callable(value):  # as a way to divide data
            parts = {name: _identity(one) for name, one in sorted(vars(value).items())}
            return [OwnCode.of(type(value)).digest, parts]
        raise SteadfitError(
            f"An estimator's parameters must be plain values, functions or estimators, or it must "
            f'have a version, got {error}. Say which version this is: version="1".',
            version="1",
        ) from None


def _copied(value: Any) -> Any:
    """As scikit-learn's `clone`: what was learned is left behind."""
    if is_estimator(value):
        found = value.get_params(deep=False)
        return type(value)(**{name: _copied(one) for name, one in found.items()})
    if isinstance(value, list | tuple):
        return type(value)(_copied(each) for each in value)
    return copy.deepcopy(value)
