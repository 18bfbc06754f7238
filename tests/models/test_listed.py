"""Models written as layer lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadfit import models
from steadfit.errors import SteadfitError
from steadfit.models.layers import Activation, Conv, Dropout, Flatten, Linear, Pool, Residual
from steadfit.models.listed import parse
from steadfit.recipe import Model

counts = st.integers(1, 99)
leaves = st.one_of(
    st.builds(
        Conv,
        counts,
        counts,
        pad=st.one_of(st.integers(0, 9), st.sampled_from(["same", "valid"])),
        stride=counts,
        dilation=counts,
        bias=st.booleans(),
        init=st.sampled_from(["torch", "he"]),
    ),
    st.builds(Pool, counts, kind=st.sampled_from(["max", "average"]), ceil=st.booleans()),
    st.builds(Linear, counts, bias=st.booleans()),
    st.builds(Dropout, st.floats(0, 0.99)),
    st.builds(Activation, st.sampled_from(["relu", "tanh", "gelu"])),
    st.just(Flatten()),
)
chains = st.recursive(
    st.lists(leaves, min_size=1, max_size=3).map(tuple),
    lambda inner: st.tuples(st.builds(Residual, inner, inner | st.just(()), st.floats(0, 0.99))),
    max_leaves=3,
)


@given(chains)
def test_what_is_written_is_read_again(layers):
    assert parse("; ".join(map(str, layers))) == layers


def test_spelling_does_not_change_the_completed_model():
    loose = models.complete(Model(name="  Conv 4 3  PAD 0;RELU ;\n flatten;; linear 2; "))
    assert loose == models.complete(Model(name="conv 4 3; relu; flatten; linear 2"))
    assert loose.name == "conv 4 3; relu; flatten; linear 2"


def test_width_and_dropout_leave_the_ends_alone():
    name = "conv 8 3; residual (conv 8 3 pad 1); flatten; linear 6; relu; linear 2"
    module = models.build(Model(name=name, settings={"width": 0.5, "dropout": 0.5}), (3, 8, 8), 2)
    sizes = {key: tuple(w.shape) for key, w in module.state_dict().items() if "weight" in key}
    assert sizes == {
        "conv1.weight": (4, 3, 3, 3),
        "residual1.branch.conv1.weight": (4, 4, 3, 3),
        "linear1.weight": (3, 144),
        "linear2.weight": (2, 3),
    }
    assert [key for key, _ in module.named_children() if "dropout" in key] == [
        "dropout1",
        "dropout2",
    ]


def test_dropout_spares_the_data():
    module = models.build(
        Model(name="flatten; linear 6; linear 2", settings={"dropout": 0.5}), (1, 8, 8), 2
    )
    assert list(dict(module.named_children())) == ["flatten1", "linear1", "dropout1", "linear2"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("con 20 5; relu", ['no layer "con"', 'mean "conv"']),
        ("conv 20; relu", ['"conv" must be followed by channels and kernel']),
        ("conv 20 0; relu", ["conv: kernel", "'0'"]),
        ("conv 20 5 stride 0; relu", ["conv: stride", "'0'"]),
        ("conv 20 5 paad 2; relu", ['setting of conv "paad"', 'mean "pad"']),
        ("conv 20 5 pad; relu", ['"pad" must be followed by a value']),
        ("pool 2 kind mean; relu", ["pool: kind", "'mean'"]),
        ("relu 3; linear 2", ['"relu" has no settings', '"3"']),
        ("conv 2 3 pad 99999999; relu", ["conv: pad", "10000"]),
        ("residual (" * 5000, ["brackets within at most 20"]),
        ("residual (conv 3 3; relu", ['bracket after "residual" is not closed']),
        ("conv 3 3); relu", ["closes a bracket that it does not open"]),
        ("linear (conv 3 3); relu", ["linear: features"]),
        ("residual (); relu", ["residual: branch"]),
        ("; ;", ["no layers"]),
    ],
)
def test_a_list_that_cannot_be_read_says_where(text, words):
    with pytest.raises(SteadfitError) as caught:
        parse(text)
    assert all(word in str(caught.value) for word in words), caught.value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("conv 3 3; linear 4", ["Layer 2, Linear (4)", "3 x 6 x 6", '"flatten"']),
        ("relu; flatten; linear 5", ["gives 5 values", "asks for 4", "linear 4"]),
        ("conv 2 3; residual (conv 2 3); flatten; linear 4", ["Layer 2", "2 x 4 x 4", "2 x 6 x 6"]),
        ("relu; residual (relu; conv 2 9); flatten", ["Layer 2", "Inside it: Layer 2, Conv"]),
    ],
)
def test_a_list_that_does_not_fit_names_the_layer(text, words):
    with pytest.raises(SteadfitError) as caught:
        models.build(Model(name=text), (1, 8, 8), 4)
    assert all(word in str(caught.value) for word in words), caught.value
