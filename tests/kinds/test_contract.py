"""What every kind of the registry must do; a new one is tested by being registered and given an
example here."""

import json
import re
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
import torch

from steadfit.data import Ragged, Table, from_arrays, from_series, from_texts
from steadfit.errors import SteadfitError
from steadfit.kinds import KINDS, Inputs, Kind, Packed, Preparation, checked, kind_of
from steadfit.kinds.table_columns import Category, DatePart, Number
from steadfit.kinds.values import Mixture
from steadfit.models import MODELS, build
from steadfit.nn import Padded
from steadfit.recipe import Augmentation, Model
from steadfit.references import REFERENCES
from steadfit.remedies import REMEDIES

RNG = np.random.default_rng(0)
LENGTHS = [5, 1, 3, 7, 2, 9, 4, 6]
EXAMPLES: dict[str, Inputs] = {
    "images": from_arrays(RNG.integers(0, 256, (8, 9, 8, 3), np.uint8), range(8)).x,
    "series": from_series([RNG.normal(size=(n, 2)) for n in LENGTHS], [0, 1] * 4).x,
    "texts": from_texts(["so it is " * n for n in LENGTHS], [0, 1] * 4).x,
}
GAP = np.nan
CELLS = np.array([[i, 8.0 - i if i != 3 else GAP, i % 3 if i != 5 else GAP] for i in range(8)])
EXAMPLES["tables"] = Table(
    torch.from_numpy(CELLS).float(), (Number("a"), DatePart("b", "day"), Category("c", ("x", "y")))
)
ALL = torch.arange(8)


def fitted(kind: Kind[Any], x: Inputs) -> Preparation:
    return Preparation(**kind.fit(x, ALL))


@pytest.fixture(params=list(KINDS))
def case(request: pytest.FixtureRequest) -> tuple[Kind[Any], Any]:
    x = EXAMPLES[request.param]
    return kind_of(x), x


def test_one_kind_alone_holds_them(case):
    kind, x = case
    assert [name for name, each in KINDS.items() if each.holds(x)] == [kind.name]
    assert checked(kind, x) is x
    for name, other in EXAMPLES.items():
        if name != kind.name:
            with pytest.raises(
                SteadfitError, match=re.escape(f"The model takes {kind}, got {name}")
            ):
                checked(kind, other)


def test_it_comes_back_from_json(case):
    kind, x = case
    assert type(kind)(**json.loads(json.dumps(asdict(kind)))) == kind
    kind.check_shape(kind.shape(x))
    with pytest.raises(ValueError, match=r"."):
        kind.check_shape((*kind.shape(x), 3))


def test_it_comes_back_from_plain_arrays_and_words(case):
    """As through a file: what it was packed as is all that it is unpacked from."""
    kind, x = case
    packed = kind.packed(x)
    words = json.loads(json.dumps(packed.words))
    again = kind.unpacked(Packed(packed.arrays, words))
    assert kind_of(again) == kind
    assert kind.names(again) == kind.names(x)
    for one, other in zip(kind.tensors(again), kind.tensors(x), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0, equal_nan=kind.holes)
    with pytest.raises(LookupError):
        kind.unpacked(Packed({}, words))


def test_rows_are_the_examples(case):
    kind, x = case
    assert len(list(kind.rows(x))) == len(x)
    for i, row in enumerate(kind.rows(x)):
        (alone,) = kind.rows(x[torch.tensor([i])])
        np.testing.assert_array_equal(row, alone)


def test_columns_are_one_number_for_all_examples_or_none(case):
    kind, x = case
    equal = x[torch.tensor([2, 2, 2])]
    if not kind.columns(equal):
        with pytest.raises(SteadfitError, match=f"{kind.several} are no rows of numbers"):
            kind.matrix(equal)
        return
    assert kind.matrix(equal).shape == (3, kind.columns(equal))
    assert kind.columns(x) in (0, kind.columns(equal))
    assert set(kind.references) <= set(REFERENCES)


def test_batches_have_every_example_once(case):
    kind, x = case
    rows = torch.tensor([7, 3, 3, 0, 1, 2, 6])  # as drawn, with a repeat
    generator = torch.Generator().manual_seed(0)
    batches = kind.shuffled(x, rows, 3, generator)
    assert sorted(map(len, batches)) == [2, 2, 3]
    assert sorted(torch.cat(batches).tolist()) == sorted(rows.tolist())
    assert sorted(torch.cat(list(kind.to_predict(x))).tolist()) == ALL.tolist()


def test_the_default_model_takes_them_as_they_are_prepared(case):
    kind, x = case
    assert kind.model in MODELS
    preparation = fitted(kind, x)
    assert len(preparation.mean) == kind.means(kind.shape(x))
    module = build(Model(name=kind.model), kind.network_shape(kind.shape(x), preparation), 4).eval()
    take = kind.prepared(x, preparation.inputs)
    out = module(kind.padded(kind.placed(take(ALL), "cpu")))
    assert out.shape == (8, 4)
    alone = module(kind.padded(kind.placed(take(ALL[2:3]), "cpu")))
    torch.testing.assert_close(out[2:3], alone, rtol=1e-4, atol=1e-5)  # padding changes nothing


def test_its_changes_are_drawn_and_others_refused(case):
    kind, x = case
    names = set(Augmentation.model_fields) - {"own"}  # tests/training/test_own_augmentation.py
    strengths = {name: True if name == "flip" else 0.5 for name in names} | {"randaugment": 9}
    ready = kind.prepared(x, fitted(kind, x).inputs)(ALL)
    before = [tensor.clone() for tensor in kind.tensors(ready)]
    assert kind.augment(ready, Augmentation(), torch.Generator()) is ready
    for name, value in strengths.items():
        settings = Augmentation.of(**{name: value})
        if name not in kind.changes:
            with pytest.raises(SteadfitError, match=name):
                kind.augment(ready, settings, torch.Generator())
            continue
        if settings.unprepared:  # tests/kinds/test_rand_augment.py
            continue
        change = kind.mixed if settings.mixes else kind.augment
        made = [change(ready, settings, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1)]
        ways = [way.x if isinstance(way, Mixture) else way for way in made]
        same, other = (
            all(map(torch.equal, kind.tensors(ways[0]), kind.tensors(way))) for way in ways[1:]
        )
        assert same, name
        assert not other, name
        assert all(map(torch.equal, before, kind.tensors(ready))), name
    assert set(kind.remedies) <= set(REMEDIES)


def test_values_that_are_not_finite_are_refused(case):
    kind, x = case
    if isinstance(x, Ragged) and not x.tokens:
        with pytest.raises(SteadfitError, match="must be finite"):
            checked(kind, x.with_values(x.values * float("nan")))
    if isinstance(x, Table):
        with pytest.raises(SteadfitError, match="must be finite"):
            checked(kind, x.with_values(x.values * float("inf")))
    assert not isinstance(kind.padded(x), Padded) or kind.padded(x).lengths is not None


@pytest.mark.parametrize("other", [[[0.0]], None, torch.zeros(3, 3), np.full((1, 1, 8, 8), "a")])
def test_what_is_no_example_is_said(other):
    with pytest.raises(SteadfitError, match="Examples must be images, series, texts, tables, got"):
        kind_of(other)


def test_few_examples_get_as_many_epochs_as_make_the_least_steps(case):
    kind, _ = case
    for examples in (1, 40, 200, 64 * kind.least_steps):
        batches = -(-examples // 64)
        epochs = kind.epochs(20, batches)
        assert epochs == 20 or (epochs - 1) * batches < kind.least_steps <= epochs * batches
        assert epochs * batches >= kind.least_steps
    assert kind.epochs(20, kind.least_steps) == 20
