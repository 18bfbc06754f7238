"""Measures as people name them: ours, a function of theirs, or one of scikit-learn's scorers."""

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any

from steadfit.analysis.measures import MEASURES, Measure
from steadfit.analysis.own_measures import own_measure
from steadfit.errors import SteadfitError
from steadfit.own_code import import_path

MeasureLike = str | Callable[..., Any]


def judging(
    decide_by: MeasureLike | None, measures: Sequence[MeasureLike] = ()
) -> tuple[str | None, tuple[Measure, ...]]:
    """The name of the deciding measure, and all that are not ours.

    Each is the name of a measure of ours, of a scorer of scikit-learn's, a function as
    `steadfit.analysis.own_measures.own_measure` takes it, or the import path "module:name" of one.
    A scorer, of which more is better, is taken from 1, as "1 - roc_auc"; one that is negated, as
    "neg_log_loss", is what it negates. Raises SteadfitError for anything else.

    >>> judging("roc_auc")[0]
    '1 - roc_auc'
    """
    own = [one for each in measures if (one := _brought(each)) is not None]
    names = [one.name for one in own]
    if len({*names}) < len(names):
        raise SteadfitError(f"Each of measures must be given once, got {', '.join(names)}.")
    if decide_by is None or (isinstance(decide_by, str) and decide_by in ("loss", *names)):
        return decide_by, tuple(own)
    decides = _brought(decide_by)
    if decides is None:
        return str(decide_by), tuple(own)
    return decides.name, (*(one for one in own if one.name != decides.name), decides)


def _brought(what: MeasureLike) -> Measure | None:
    """None for a measure of ours."""
    if isinstance(what, str) and what in MEASURES:
        return None
    if isinstance(what, str) and ":" not in what:
        return _scorer(what)
    return own_measure(import_path(what) if isinstance(what, str) else what)


def _scorer(name: str) -> Measure:
    from steadfit.api.scorers import scorer_measure, scorer_names

    if name not in (known := scorer_names()):
        near = get_close_matches(name, ["loss", *MEASURES, *known], n=1)
        hint = f' Did you mean "{near[0]}"?' if near else ""
        raise SteadfitError(
            f'There is no measure "{name[:100]}".{hint} Known: loss, {", ".join(MEASURES)}, the '
            'names of scikit-learn\'s scorers, and functions ("module:name").'
        )
    return scorer_measure(name)
