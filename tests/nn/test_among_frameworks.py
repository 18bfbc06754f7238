"""Our layers inside what people train networks with; each against the same with torch.nn's."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch import Tensor, nn

from steadfit import nn as ours

CLOSE = {"rtol": 1e-4, "atol": 1e-5}
KINDS = ("RNN", "LSTM", "GRU")


class Classifier(nn.Module):
    """The last step of a recurrent layer, scored."""

    def __init__(self, library=ours, kind: str = "GRU") -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer = getattr(library, kind)(3, 5, batch_first=True)
        self.scores = nn.Linear(5, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.scores(self.layer(x)[0][:, -1])


def data(count: int = 32) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(count, 6, 3, generator=generator)
    return x, (x.sum((1, 2)) > 0).long()


def trained(wrap: Callable[[nn.Module], nn.Module], library, kind: str) -> list[Tensor]:
    net = wrap(Classifier(library, kind))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
    x, y = data()
    for _ in range(5):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    with torch.no_grad():
        return [net(x)]


@pytest.fixture(scope="module")
def world() -> Iterator[None]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=0, world_size=1)
    yield
    dist.destroy_process_group()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("world")
def test_ddp(kind: str) -> None:
    wrap = nn.parallel.DistributedDataParallel
    torch.testing.assert_close(trained(wrap, ours, kind), trained(wrap, nn, kind), **CLOSE)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("world")
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")
def test_fsdp2(kind: str) -> None:
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    def wrap(net: nn.Module) -> nn.Module:
        return fully_shard(net, mesh=init_device_mesh("cpu", (1,)))

    expected = trained(lambda net: net, nn, kind)
    torch.testing.assert_close(trained(wrap, ours, kind), expected, **CLOSE)


@pytest.mark.usefixtures("world")
def test_a_distributed_tensor_gets_a_value_or_an_error() -> None:
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.tensor import (
        DTensor,
        Replicate,
        distribute_module,
        distribute_tensor,
    )

    mesh = init_device_mesh("cpu", (1,))
    layer, x = ours.GRU(3, 5), torch.randn(6, 4, 3)
    expected = layer(x)[0]
    try:
        output = distribute_module(layer, mesh)(distribute_tensor(x, mesh, [Replicate()]))[0]
    except (RuntimeError, NotImplementedError):
        return  # torch has no rule for its own recurrent function
    assert isinstance(output, DTensor)
    torch.testing.assert_close(output.to_local(), expected)


@pytest.mark.filterwarnings("ignore")
def test_lightning(tmp_path: Path) -> None:
    lightning = pytest.importorskip("pytorch_lightning")

    class Module(lightning.LightningModule):
        def __init__(self, library) -> None:
            super().__init__()
            self.net = Classifier(library)

        def training_step(self, batch: list[Tensor], _: int) -> Tensor:
            return nn.functional.cross_entropy(self.net(batch[0]), batch[1])

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.parameters(), lr=0.5)

    def outputs(library) -> Tensor:
        x, y = data()
        loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=8)
        trainer = lightning.Trainer(
            max_epochs=2,
            accelerator="cpu",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            default_root_dir=tmp_path,
        )
        module = Module(library)
        trainer.fit(module, loader)
        return module.net(x)

    torch.testing.assert_close(outputs(ours), outputs(nn), **CLOSE)


@pytest.mark.filterwarnings("ignore")
def test_skorch() -> None:
    skorch = pytest.importorskip("skorch")

    def probabilities(library) -> Tensor:
        net = skorch.NeuralNetClassifier(
            Classifier,
            module__library=library,
            criterion=nn.CrossEntropyLoss,
            max_epochs=3,
            lr=0.5,
            train_split=None,
            verbose=0,
            iterator_train__shuffle=False,
        )
        x, y = data()
        return torch.from_numpy(net.fit(x.numpy(), y.numpy()).predict_proba(x.numpy()))

    torch.testing.assert_close(probabilities(ours), probabilities(nn), **CLOSE)
