"""What steadfit adds to torch's layers, each against the same thing done by hand."""

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call

from steadfit.errors import SteadfitError
from steadfit.nn import LSTM, Recurrent
from steadfit.training.penalties import weights

TIME, BATCH, INPUT, HIDDEN = 6, 4, 3, 5
EVERYTHING = {
    "dropout": 0.3,
    "recurrent_dropout": 0.3,
    "zoneout": {"h": 0.1, "c": 0.4},
    "weight_drop": 0.3,
    "residual": True,
    "learn_initial_state": True,
}


def series(dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(TIME, BATCH, INPUT, dtype=dtype, generator=seeded(0))


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def lstm(*args, **settings) -> LSTM:
    torch.manual_seed(1)
    return LSTM(INPUT, HIDDEN, *args, dtype=torch.float64, **settings)


def close(one, other) -> None:
    torch.testing.assert_close(one, other, rtol=0, atol=1e-12)


def lstm_by_hand(
    layer: LSTM,
    x: Tensor,
    initial: tuple[Tensor, Tensor] | None = None,
    mask: Tensor | None = None,
    shares: tuple[Tensor, Tensor] | None = None,
) -> tuple[Tensor, Tensor]:
    """Both states at every step of a layer of one direction, by torch.nn.LSTMCell.

    mask: multiplied with h before the recurrent product. shares: how much of h's and of c's old
    value is kept at every step.
    """
    cell = nn.LSTMCell(layer.input_size, layer.hidden_size, dtype=x.dtype)
    cell.load_state_dict({name[:-3]: value for name, value in layer.state_dict().items()})
    zeros = x.new_zeros(x.shape[1], layer.hidden_size)
    h, c = initial or (zeros, zeros)
    found = []
    for step, row in enumerate(x):
        new = cell(row, (h if mask is None else h * mask, c))
        if shares is None:
            h, c = new
        else:
            h, c = (
                share[step] * old + (1 - share[step]) * value
                for share, old, value in zip(shares, (h, c), new, strict=True)
            )
        found.append((h, c))
    hs, cs = zip(*found, strict=True)
    return torch.stack(hs), torch.stack(cs)


def test_recurrent_dropout_is_one_mask_a_sequence() -> None:
    layer = lstm(recurrent_dropout=0.5)
    mask = (torch.rand(BATCH, HIDDEN, generator=seeded(2)) >= 0.5) / 0.5
    assert 0 < mask.count_nonzero() < mask.numel()
    h, _ = lstm_by_hand(layer, series(), mask=mask)
    close(layer(series(), generator=seeded(2))[0], h)


def test_zoneout_keeps_old_values_in_training_and_their_share_in_evaluation() -> None:
    layer = lstm(zoneout={"h": 0.2, "c": 0.5})
    draw, shape = seeded(2), (TIME, BATCH, HIDDEN)
    shares = tuple((torch.rand(shape, generator=draw) < rate).double() for rate in (0.2, 0.5))
    h, c = lstm_by_hand(layer, series(), shares=shares)
    output, (_, last) = layer(series(), generator=seeded(2))
    close(output, h)
    close(last[0], c[-1])
    shares = tuple(series().new_full(shape, rate) for rate in (0.2, 0.5))
    h, _ = lstm_by_hand(layer, series(), shares=shares)
    close(layer.eval()(series())[0], h)


def test_weight_drop_acts_on_recurrent_weights_only() -> None:
    layer = lstm(weight_drop=0.5)
    mask = (torch.rand(4 * HIDDEN, HIDDEN, generator=seeded(2)) >= 0.5) / 0.5
    held = layer.state_dict()
    held["weight_hh_l0"] = held["weight_hh_l0"] * mask
    expected, _ = functional_call(nn.LSTM(INPUT, HIDDEN).double(), held, series())
    close(layer(series(), generator=seeded(2))[0], expected)


def test_dropout_between_layers_and_residual_stacking() -> None:
    layer = lstm(2, dropout=0.5, residual=True)
    first, second = (nn.LSTM(n, HIDDEN).double() for n in (INPUT, HIDDEN))
    for place, one in enumerate((first, second)):
        end = f"_l{place}"
        held = {n: v for n, v in layer.state_dict().items() if n.endswith(end)}
        one.load_state_dict({n.replace(end, "_l0"): v for n, v in held.items()})
    below, _ = first(series())
    mask = (torch.rand(below.shape, generator=seeded(2)) >= 0.5) / 0.5
    above, (h, _) = second(below * mask)
    output, (last, _) = layer(series(), generator=seeded(2))
    close(output, below + above)
    close(last[1], h[0])


def test_learned_initial_states() -> None:
    layer = lstm(2, bidirectional=True, learn_initial_state=True)
    plain = lstm(2, bidirectional=True)
    close(layer(series())[0], plain(series())[0])
    learned = {n: p for n, p in layer.named_parameters() if n.startswith("initial_")}
    assert len(learned) == 8
    for parameter in learned.values():
        nn.init.normal_(parameter)
    hx = tuple(
        torch.stack([p for n, p in learned.items() if n.startswith(f"initial_{s}")])
        .unsqueeze(1)
        .expand(-1, BATCH, -1)
        for s in "hc"
    )
    output, _ = layer(series())
    close(output, plain(series(), hx)[0])
    close(layer(series(), hx)[0], output)
    output.sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in learned.values())


@pytest.mark.parametrize("two_biases", [False, True])
def test_forget_bias(two_biases: bool) -> None:
    layer = Recurrent("lstm", INPUT, HIDDEN, 2, forget_bias=1.0, two_biases=two_biases)
    for place in ("l0", "l1"):
        names = ("bias_ih", "bias_hh") if two_biases else ("bias",)
        biases = [getattr(layer, f"{name}_{place}").detach() for name in names]
        blocks = torch.stack(biases).sum(0).chunk(4)
        assert (blocks[1] == 1).all()
        assert all(blocks[k].abs().max() < 1 for k in (0, 2, 3))


def test_masks_come_from_the_generator() -> None:
    layer = lstm(2, **EVERYTHING)
    first = layer(series(), generator=seeded(2))[0]
    assert torch.equal(layer(series(), generator=seeded(2))[0], first)
    assert not torch.equal(layer(series(), generator=seeded(3))[0], first)
    torch.manual_seed(2)
    by_global = layer(series())[0]
    torch.manual_seed(2)
    assert torch.equal(layer(series())[0], by_global)


def test_nothing_is_drawn_in_evaluation() -> None:
    settings = {**EVERYTHING, "zoneout": 0.0}
    layer = lstm(2, **settings).eval()
    plain = lstm(2, residual=True).eval()
    state = torch.get_rng_state()
    output, _ = layer(series())
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(output, plain(series())[0])


def test_dropout_keeps_the_mean() -> None:
    layer = Recurrent("lstm", INPUT, 1000, 2, dropout=0.4)
    layer.recurrent_dropout = 0.0
    many = [layer(series(torch.float32)[:1], generator=seeded(s))[0].mean() for s in range(30)]
    expected = layer.eval()(series(torch.float32)[:1])[0].mean()
    assert abs(torch.stack(many).mean() - expected) < 0.02


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (
            Recurrent("peephole_lstm", 3, 5, learn_initial_state=True),
            {"weight_ih_l0", "weight_hh_l0", "weight_peephole_l0"},
        ),
        (LSTM(3, 5, proj_size=2), {"weight_ih_l0", "weight_hh_l0", "weight_hr_l0"}),
    ],
)
def test_penalties_spare_biases_and_initial_states(layer: Recurrent, expected: set[str]) -> None:
    names = {id(parameter): name for name, parameter in layer.named_parameters()}
    assert {names[id(parameter)] for parameter in weights(layer)} == expected


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"dropout": 1.5}, "dropout must be at least 0 and at most 1, got 1.5"),
        ({"recurrent_dropout": -0.1}, "recurrent_dropout must be"),
        ({"zoneout": {"g": 0.1}}, 'no state of lstm "g"'),
        ({"proj_size": 5}, "proj_size must be less than hidden_size, 5, got 5"),
        ({"num_layers": 0}, "num_layers must be greater than zero, got 0"),
        ({"forget_bias": 1.0, "bias": False}, "forget_bias needs bias=True"),
    ],
)
def test_settings_that_do_not_fit(settings: dict, said: str) -> None:
    with pytest.raises(SteadfitError, match=said):
        Recurrent("lstm", 3, 5, **settings)


def test_cells_that_do_not_fit() -> None:
    with pytest.raises(SteadfitError, match="a gate called forget; gru has the gates reset"):
        Recurrent("gru", 3, 5, forget_bias=1.0)
    with pytest.raises(SteadfitError, match="on states: none"):
        Recurrent("min_gru", 3, 5, two_biases=True)
    with pytest.raises(SteadfitError, match='Did you mean "lstm"'):
        Recurrent("lsmt", 3, 5)
    with pytest.warns(UserWarning, match="dropout acts between layers"):
        Recurrent("lstm", 3, 5, dropout=0.5)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"input": torch.ones(7, 4, 2)}, r"last dimension must be input_size, 3"),
        ({"input": torch.ones(4)}, r"\(time, batch, input\) or, for one sequence"),
        ({"input": torch.ones(7, 4, 3), "hx": torch.ones(1, 4, 5)}, "states h, c"),
        (
            {"input": torch.ones(7, 4, 3), "hx": (torch.ones(1, 3, 5), torch.ones(1, 4, 5))},
            r"initial state h must be \(1, 4, 5\)",
        ),
        ({"input": torch.ones(7, 4, 3), "lengths": torch.ones(4)}, "lengths must be int64"),
        ({"input": torch.ones(7, 4, 3), "lengths": [7, 7, 7, 7]}, "a tensor, got list"),
        (
            {"input": torch.ones(7, 4, 3), "lengths": torch.tensor([7, 8, 1, 1])},
            "between 0 and the 7 steps of the input, got 8 for sequence 1",
        ),
        ({"input": torch.ones(7, 3), "lengths": torch.tensor([7])}, "The input must be"),
    ],
)
def test_inputs_that_do_not_fit(arguments: dict, said: str) -> None:
    with pytest.raises(SteadfitError, match=said):
        Recurrent("lstm", 3, 5)(**arguments)
