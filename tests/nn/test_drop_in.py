"""What code around torch.nn's recurrent layers does, with ours in their place.

Each test asks for the value that torch.nn's own layer gives, or for a sentence.
"""

import copy
import io
import subprocess
import sys
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.nn.utils import parametrizations, parametrize, prune
from torch.nn.utils.rnn import pack_padded_sequence
from torch.utils.checkpoint import checkpoint

from steadfit import nn as ours
from steadfit.errors import SteadfitError

KINDS = ("RNN", "LSTM", "GRU")
FIRST = {"rtol": 1e-5, "atol": 1e-6}
pytestmark = pytest.mark.filterwarnings(
    "ignore:`torch.jit",
    "ignore:dropout acts between",
    "ignore:TF32 acceleration on top of oneDNN",
)


class Head(nn.Module):
    """A network that holds a recurrent layer."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)[0]


@pytest.fixture
def x() -> Tensor:
    torch.manual_seed(0)
    return torch.randn(6, 4, 3)


def pair(kind: str, **settings) -> tuple[nn.Module, nn.Module]:
    """Our layer and torch's, with the same weights."""
    torch.manual_seed(1)
    mine, theirs = (getattr(module, kind)(3, 5, **settings) for module in (ours, nn))
    mine.load_state_dict(theirs.state_dict())
    return mine, theirs


def both(function, kind: str, **settings) -> None:
    """The function gives the same for both layers."""
    mine, theirs = pair(kind, **settings)
    torch.testing.assert_close(function(mine), function(theirs), **FIRST)


@pytest.fixture
def without_onednn() -> Iterator[None]:
    """torch's LSTM by oneDNN has no forward mode and no change in place; ours has both."""
    with torch.backends.mkldnn.flags(enabled=False):
        yield


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("without_onednn")
def test_forward_mode(kind: str, frozen: bool, x: Tensor) -> None:
    def tangent(layer: nn.Module) -> Tensor:
        layer.requires_grad_(not frozen)
        with forward_ad.dual_level():
            output = layer(forward_ad.make_dual(x, torch.ones_like(x)))[0]
            return forward_ad.unpack_dual(output).tangent

    both(tangent, kind)


def test_forward_mode_beside_onednn(x: Tensor) -> None:
    mine, _ = pair("LSTM")
    found = torch.func.jvp(lambda x: mine(x)[0], (x,), (torch.ones_like(x),))[1]
    assert found.abs().min() > 0


@pytest.mark.parametrize("cell", ["gru", "peephole_lstm"])
def test_forward_mode_of_other_cells(cell: str, x: Tensor) -> None:
    layer = ours.Recurrent(cell, 3, 5).double().requires_grad_(False)
    wide = x.double()
    step, along = 1e-6, torch.ones_like(wide)
    with forward_ad.dual_level():
        output = layer(forward_ad.make_dual(wide, along))[0]
        tangent = forward_ad.unpack_dual(output).tangent
    numeric = (layer(wide + step * along)[0] - layer(wide - step * along)[0]) / (2 * step)
    torch.testing.assert_close(tangent, numeric, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("without_onednn")
def test_forward_over_reverse(kind: str, x: Tensor) -> None:
    def product(layer: nn.Module) -> Tensor:
        def slope(x: Tensor) -> Tensor:
            return torch.func.grad(lambda x: layer(x)[0].square().sum())(x)

        return torch.func.jvp(slope, (x,), (torch.ones_like(x),))[1]

    both(product, kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
def test_jit_trace_saved_and_loaded_at_another_length(kind: str, x: Tensor) -> None:
    mine, theirs = pair(kind, num_layers=2, bidirectional=True)
    file = io.BytesIO()
    with torch.no_grad():
        torch.jit.save(torch.jit.trace(mine.eval(), x), file)
        file.seek(0)
        longer = torch.randn(9, 2, 3)
        torch.testing.assert_close(torch.jit.load(file)(longer)[0], theirs(longer)[0], **FIRST)


def test_jit_trace_refuses_what_it_would_freeze(x: Tensor) -> None:
    with pytest.raises(SteadfitError, match=r"cannot trace mgu.*Use torch\.export"):
        torch.jit.trace(ours.Recurrent("mgu", 3, 5), x)


@pytest.mark.parametrize("kind", KINDS)
def test_jit_script(kind: str, x: Tensor) -> None:
    mine, theirs = pair(kind)
    scripted = torch.jit.script(Head(mine))
    torch.testing.assert_close(scripted(x), theirs(x)[0], **FIRST)
    assert type(mine).__module__.startswith("steadfit")


def test_jit_script_refuses_what_torch_lacks() -> None:
    with pytest.raises(SteadfitError, match="it has zoneout"):
        torch.jit.script(Head(ours.LSTM(3, 5, zoneout=0.1)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning", "ignore::UserWarning")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_onnx_by_the_older_exporter(kind: str, x: Tensor) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    mine, theirs = pair(kind)
    file = io.BytesIO()
    torch.onnx.export(Head(mine).eval(), (x,), file, dynamo=False, input_names=["x"])
    session = onnxruntime.InferenceSession(file.getvalue())
    (found,) = session.run(None, {"x": x.numpy()})
    torch.testing.assert_close(torch.from_numpy(found), theirs(x)[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("mode", ["real", "symbolic"])
@pytest.mark.parametrize("kind", KINDS)
def test_make_fx(kind: str, mode: str, x: Tensor) -> None:
    from torch.fx.experimental.proxy_tensor import make_fx

    mine, theirs = pair(kind)
    weights = {name: p.detach() for name, p in mine.named_parameters()}

    def call(weights: dict[str, Tensor], x: Tensor) -> Tensor:
        return torch.func.functional_call(mine, weights, (x,))[0]

    graph = make_fx(call, tracing_mode=mode)(weights, x)
    torch.testing.assert_close(graph(weights, x), theirs(x)[0], **FIRST)


@pytest.mark.parametrize("layer", [ours.GRU(3, 5), ours.Recurrent("mgu", 3, 5)])
def test_fx_symbolic_trace_takes_it_as_a_leaf(layer: nn.Module, x: Tensor) -> None:
    graph = torch.fx.symbolic_trace(nn.Sequential(nn.Identity(), layer))
    assert [node.target for node in graph.graph.nodes if node.op == "call_module"] == ["0", "1"]
    torch.testing.assert_close(graph(x)[0], layer(x)[0])
    whole = torch.fx.symbolic_trace(Head(layer))
    torch.testing.assert_close(whole(x), layer(x)[0])


@pytest.mark.parametrize("kind", KINDS)
def test_other_default_devices(kind: str, x: Tensor) -> None:
    mine, theirs = pair(kind)
    packed = pack_padded_sequence(x, torch.tensor([2, 6, 1, 4]), enforce_sorted=False)
    lengths = torch.tensor([2, 6, 1, 4])
    expected = theirs(x)[0], theirs(packed)[0].data, mine(x, lengths=lengths)[0]
    with torch.device("meta"):
        found = mine(x)[0], mine(packed)[0].data, mine(x, lengths=lengths)[0]
        total = found[0].sum()
    total.backward()
    torch.testing.assert_close(found, expected, **FIRST)


@pytest.mark.parametrize("layer", ["LSTM", "mgu"])
def test_fake_tensors(layer: str) -> None:
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode():
        made = ours.LSTM(3, 5) if layer == "LSTM" else ours.Recurrent(layer, 3, 5)
        assert made(torch.empty(6, 4, 3))[0].shape == (6, 4, 5)


@pytest.mark.parametrize("kind", KINDS)
def test_lazily_negated_numbers(kind: str, x: Tensor) -> None:
    negated = torch.complex(torch.zeros_like(x), x).conj().imag
    assert negated.is_neg()
    both(lambda layer: layer(negated)[0], kind)


class Tagged(Tensor):
    """A tensor class of somebody else's."""


@pytest.mark.parametrize("kind", KINDS)
def test_tensor_subclasses(kind: str, x: Tensor) -> None:
    both(lambda layer: layer(x.as_subclass(Tagged))[0].as_subclass(Tensor), kind)


@pytest.mark.parametrize("layer", ["GRU", "LSTM", "mgu"])
def test_batched_gradients(layer: str) -> None:
    made = getattr(ours, layer)(2, 4) if layer != "mgu" else ours.Recurrent("mgu", 2, 4)
    made = made.double()
    x = torch.randn(3, 1, 2, dtype=torch.float64, requires_grad=True)
    y, eye = made(x)[0].sum((0, 1)), torch.eye(4, dtype=torch.float64)
    rows = torch.stack([torch.autograd.grad(y, x, v, retain_graph=True)[0] for v in eye])

    def gradient(v: Tensor) -> Tensor:
        return torch.autograd.grad(y, x, v, retain_graph=True)[0]

    (batched,) = torch.autograd.grad(y, x, eye, retain_graph=True, is_grads_batched=True)
    torch.testing.assert_close(batched, rows)
    torch.testing.assert_close(torch.vmap(gradient)(eye), rows)

    def summed(x: Tensor) -> Tensor:
        return made(x)[0].sum((0, 1))

    for vectorize in (False, True):
        whole = torch.autograd.functional.jacobian(summed, x, vectorize=vectorize)
        torch.testing.assert_close(whole, rows)
    torch.testing.assert_close(torch.func.jacrev(summed)(x.detach()), rows)
    torch.testing.assert_close(torch.func.jacfwd(summed)(x.detach()), rows)


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("without_onednn")
def test_outputs_changed_in_place(kind: str, batch_first: bool, x: Tensor) -> None:
    mask = torch.randn(6, 4, 5)

    def gradients(layer: nn.Module) -> list[Tensor]:
        output, _ = layer(x)
        output *= mask
        output[0] = 0
        output.masked_fill_(mask > 1, 0.0)
        output.square().sum().backward()
        return [p.grad for p in layer.parameters()]

    both(gradients, kind, batch_first=batch_first, num_layers=2, bidirectional=False)


def test_changed_final_states_and_weights(x: Tensor) -> None:
    mine, theirs = pair("LSTM")

    def gradients(layer: nn.Module) -> Tensor:
        _, (h, c) = layer(x)
        h.mul_(2)
        (h * c).sum().backward()
        return layer.weight_hh_l0.grad

    torch.testing.assert_close(gradients(mine), gradients(theirs), **FIRST)
    output, _ = mine(x)
    with torch.no_grad():
        mine.weight_hh_l0.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        output.sum().backward()


@pytest.mark.parametrize("kind", KINDS)
def test_double_backward_through_torch_compile(kind: str, x: Tensor) -> None:
    def penalty(layer: nn.Module) -> Tensor:
        torch._dynamo.reset()
        leaf = x.clone().requires_grad_()
        output = torch.compile(layer, backend="aot_eager")(leaf)[0]
        (slope,) = torch.autograd.grad(output.sum(), leaf, create_graph=True)
        slope.square().sum().backward()
        return layer.weight_hh_l0.grad

    both(penalty, kind)


def test_torch_compile_keeps_one_graph_where_it_may(x: Tensor) -> None:
    torch._dynamo.reset()
    layer = ours.GRU(3, 5)
    graphs = []

    def backend(graph, _):
        graphs.append(graph)
        return graph

    with torch.no_grad():
        torch.compile(Head(layer), backend=backend)(x)
    torch._dynamo.reset()
    torch.compile(Head(layer), backend=backend, fullgraph=True)(x).sum().backward()
    assert ["steadfit.cell" in graph.code for graph in graphs] == [True, True]


def test_compiled_vmap(x: Tensor) -> None:
    torch._dynamo.reset()
    layer = ours.GRU(3, 5).requires_grad_(False)
    many = torch.stack([x, 2 * x])
    found = torch.compile(torch.vmap(lambda x: layer(x)[0]), backend="aot_eager")(many)
    torch.testing.assert_close(found, torch.stack([layer(one)[0] for one in many]), **FIRST)


@pytest.mark.parametrize("kind", KINDS)
def test_names_that_other_code_reads(kind: str) -> None:
    mine, theirs = pair(kind, num_layers=2, bidirectional=True)
    assert mine.mode == theirs.mode
    assert mine._all_weights == theirs._all_weights
    assert mine._flat_weights_names == theirs._flat_weights_names
    assert [[p.shape for p in ps] for ps in mine.all_weights] == [
        [p.shape for p in ps] for ps in theirs.all_weights
    ]
    assert all(a is b for a, b in zip(mine._flat_weights, mine.parameters(), strict=True))
    assert isinstance(mine, nn.RNNBase)
    missing = {name for name in dir(theirs) if not hasattr(mine, name)}
    assert not missing


def test_single_steps_are_torchs() -> None:
    for name in ("RNNBase", "RNNCell", "LSTMCell", "GRUCell"):
        assert getattr(ours, name) is getattr(nn, name)


@pytest.mark.parametrize("kind", KINDS)
def test_swap_keeps_everything_but_the_class(kind: str, x: Tensor) -> None:
    settings = {"num_layers": 2, "bidirectional": True, "bias": False}
    layer = getattr(nn, kind)(3, 5, **settings)
    net = nn.ModuleList([layer, nn.Sequential(layer), nn.Linear(3, 5)]).eval()
    expected, before = layer(x)[0], dict(net.named_parameters())
    calls = []
    layer.register_forward_hook(lambda *_: calls.append(1))
    assert ours.swap(net) is net
    assert type(net[0]) is getattr(ours, kind)
    assert net[0] is net[1][0]
    assert not net[0].training
    assert all(a is before[name] for name, a in net.named_parameters())
    torch.testing.assert_close(net[0](x)[0], expected, **FIRST)
    assert calls
    torch.testing.assert_close(copy.deepcopy(net[0])(x)[0], expected, **FIRST)
    fresh = getattr(ours, kind)(3, 5, **settings)
    assert vars(fresh).keys() - vars(net[0]).keys() == set()
    ours.to_torch(net)
    assert type(net[0]) is getattr(nn, kind)
    assert vars(net[0]).keys() <= vars(getattr(nn, kind)(3, 5, **settings)).keys()
    torch.testing.assert_close(net[0](x)[0], expected, **FIRST)


def test_swap_leaves_derived_classes(x: Tensor) -> None:
    class Mine(nn.GRU):
        def forward(self, input: Tensor) -> Tensor:
            return super().forward(input)[0] * 2

    net = nn.Sequential(Mine(3, 5))
    expected = net(x)
    assert type(ours.swap(net)[0]) is Mine
    torch.testing.assert_close(net(x), expected)


def test_swap_with_parametrizations(x: Tensor) -> None:
    layer = parametrizations.weight_norm(nn.GRU(3, 5), "weight_hh_l0")
    expected = layer(x)[0]
    ours.swap(layer)
    assert isinstance(layer, ours.GRU)
    torch.testing.assert_close(layer(x)[0], expected, **FIRST)
    parametrize.remove_parametrizations(layer, "weight_hh_l0")
    assert type(layer) is ours.GRU
    torch.testing.assert_close(layer(x)[0], expected, **FIRST)


def test_to_torch_refuses_before_it_changes_anything() -> None:
    net = nn.Sequential(ours.GRU(3, 5), ours.GRU(5, 5, reset_after=False))
    with pytest.raises(SteadfitError, match=r"The layer 1 cannot become torch\.nn's"):
        ours.to_torch(net)
    assert type(net[0]) is ours.GRU


@pytest.mark.parametrize("kind", KINDS)
def test_operations_are_counted(kind: str, x: Tensor) -> None:
    from torch.utils.flop_counter import FlopCounterMode

    def operations(layer: nn.Module) -> Tensor:
        with FlopCounterMode(display=False) as counter:
            layer(x)[0].sum().backward()
        return torch.tensor(counter.get_total_flops())

    both(operations, kind)


def test_named_in_the_profiler(x: Tensor) -> None:
    layer = ours.GRU(3, 5)
    with torch.profiler.profile() as profiler:
        layer(x)[0].sum().backward()
    names = {event.key for event in profiler.key_averages()}
    assert {"steadfit::gru_reset_after forward", "steadfit::gru_reset_after backward"} <= names


@pytest.mark.parametrize("reentrant", [False, True])
def test_activation_checkpointing(reentrant: bool, x: Tensor) -> None:
    def gradients(layer: nn.Module) -> list[Tensor]:
        leaf = x.clone().requires_grad_()
        output = checkpoint(lambda x: layer(x)[0], leaf, use_reentrant=reentrant)
        output.square().sum().backward()
        return [leaf.grad, *(p.grad for p in layer.parameters())]

    both(gradients, "LSTM")


def test_saved_tensors_can_be_moved_away(x: Tensor) -> None:
    def gradients(layer: nn.Module) -> Tensor:
        with torch.autograd.graph.save_on_cpu():
            output = layer(x)[0]
        output.square().sum().backward()
        return layer.weight_hh_l0.grad

    both(gradients, "GRU")


def test_pruning(x: Tensor) -> None:
    def outputs(layer: nn.Module) -> Tensor:
        torch.manual_seed(0)
        prune.l1_unstructured(layer, "weight_hh_l0", 0.5)
        return layer(x)[0]

    both(outputs, "GRU")


@pytest.mark.filterwarnings("ignore:.*weight_norm. is deprecated")
def test_older_weight_norm(x: Tensor) -> None:
    def outputs(layer: nn.Module) -> Tensor:
        nn.utils.weight_norm(layer, "weight_hh_l0")
        assert sum(isinstance(p, nn.Parameter) for p in layer._flat_weights) == 3
        output = layer(x)[0]
        nn.utils.remove_weight_norm(layer, "weight_hh_l0")
        assert sum(isinstance(p, nn.Parameter) for p in layer._flat_weights) == 4
        return output + layer(x)[0]

    both(outputs, "LSTM")


@pytest.mark.parametrize("rate", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("kind", KINDS)
def test_dropout_between_layers(kind: str, rate: float) -> None:
    torch.manual_seed(0)
    mine, theirs = pair(kind, num_layers=2, dropout=rate)
    x = torch.randn(200, 50, 3)
    means = [layer(x)[0].mean((0, 1)) for layer in (mine, theirs)]
    torch.testing.assert_close(*means, rtol=0, atol=0.02 if rate == 0.4 else 1e-5)


def test_projection_is_for_the_lstm() -> None:
    for kind in (ours.RNN, ours.GRU):
        with pytest.raises(ValueError, match="proj_size argument is only supported for LSTM"):
            kind(3, 5, proj_size=2)


def test_an_exported_program_needs_steadfit_alone(x: Tensor, tmp_path) -> None:
    layer = ours.GRU(3, 5).eval()
    program = torch.export.export(layer, (x,), strict=True)
    torch.export.save(program, tmp_path / "gru.pt2")
    code = (
        "import steadfit, torch; "
        f"program = torch.export.load({str(tmp_path / 'gru.pt2')!r}).module(); "
        "print(program(torch.ones(6, 4, 3))[0].shape)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "torch.Size([6, 4, 5])" in done.stdout, done.stderr


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("settings", [{}, {"proj_size": 2}, {"zoneout": 0.1}])
def test_padding_reaches_no_gradient(settings: dict, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    layer = ours.LSTM(2, 6, batch_first=True, dtype=dtype, **settings).eval()
    lengths, x = torch.tensor([2, 5, 0]), torch.randn(3, 5, 2, dtype=dtype)

    def gradients(fill: float) -> list[Tensor]:
        given = x.clone()
        for row, length in enumerate(lengths):
            given[row, length:] = fill
        given.requires_grad_()
        layer.zero_grad()
        layer(given, lengths=lengths)[0].float().sum().backward()
        return [p.grad for p in (given, *layer.parameters())]

    for one, other in zip(gradients(0.0), gradients(float("nan")), strict=True):
        assert torch.equal(one, other)
        assert one.isfinite().all()
