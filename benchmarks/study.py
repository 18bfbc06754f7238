"""The study's replicas against the loop that a PyTorch user would write, in one run.

MNIST, 6,000 training images, `convnet`, 2 epochs, 8 replicas. The plain loop: DataLoader,
nn.Module, default threads, float32, channels first, batch 32, Adam, one replica after another. The
two take turns, half of the replicas at a time. `make bench-study` prints images per second, their
ratio, the accuracies, and what the engine itself costs.
"""

import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from steadfit.analysis.analyse import analyse
from steadfit.analysis.evidence import ArmEvidence, Evidence
from steadfit.analysis.measures import Points
from steadfit.analysis.terms import Loss
from steadfit.data import Dataset, Split, read, split
from steadfit.recipe import Recipe
from steadfit.study.design import Design
from steadfit.study.dispatch import train
from steadfit.study.engines import LocalEngine
from steadfit.study.plan import make_plan
from steadfit.study.store import open_store
from steadfit.study.trials import make_arms, repetition_trials
from steadfit.training import RecipeLearner

IMAGES, EPOCHS, TURNS, REPLICAS = 6000, 2, 2, 4


def plain_net() -> nn.Module:
    """The lecture's table (section 6.8)."""
    return nn.Sequential(
        nn.Conv2d(1, 20, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(20, 50, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(2450, 500),
        nn.ReLU(),
        nn.Linear(500, 10),
    )


def plain_replica(data: Split, seed: int) -> float:
    """Train one replica the usual way; its share of right answers."""
    torch.manual_seed(seed)
    net = plain_net()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    images = standardised(data.train)
    loader = DataLoader(TensorDataset(images, data.train.y), batch_size=32, shuffle=True)
    for _ in range(EPOCHS):
        net.train()
        for x, y in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x), y).backward()
            optimizer.step()
    net.eval()
    with torch.no_grad():
        test = standardised(data.test)
        right = [(net(x).argmax(1) == y).float().sum() for x, y in _blocks(test, data.test.y)]
    return float(sum(right)) / len(data.test)


def standardised(data: Dataset) -> torch.Tensor:
    """MNIST's images with the mean and deviation that PyTorch's examples use."""
    assert isinstance(data.x, torch.Tensor)
    return (data.x.float() / 255 - 0.1307) / 0.3081


def _blocks(x: torch.Tensor, y: torch.Tensor):
    return zip(x.split(500), y.split(500), strict=True)


def study_turn(data: Dataset, number: int) -> tuple[float, float, list[float]]:
    """Seconds in all, seconds of the engine's own on each core, and the replicas' accuracies.

    Retrainings on the training side, as the plain loop has them, and their analysis."""
    began = time.perf_counter()
    design = Design(folds=1, repetitions=REPLICAS, seed=number)
    plan = make_plan(data, design)
    (arm,) = make_arms(RecipeLearner(Recipe().training_with(epochs=EPOCHS)), [])
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder))
        trials = [one for n in range(REPLICAS) for one in repetition_trials(plan, arm, n)]
        with LocalEngine().opened(data) as session:
            train(session, trials, store)
        replicas = [store.read(trial.key) for trial in trials]
    y = plan.tested.data.y.numpy()
    evidence = ArmEvidence("baseline", np.stack([one.logits for one in replicas]))
    measures, losses = ("cross_entropy", "brier", "error"), (Loss.CROSS_ENTROPY,)
    folds, comparing = plan.tested.folds, plan.comparing
    analyse(Evidence((evidence,), Points(y), folds, comparing, "cross_entropy", measures, losses))
    whole = time.perf_counter() - began
    cores = min(torch.get_num_threads(), len(trials))
    trained = sum(replica.seconds for replica in replicas) / cores
    right = [float((r.logits.argmax(1) == y).mean()) for r in replicas]
    return whole, whole - trained, right


def main() -> None:
    examples = read("mnist", limit=IMAGES)
    data = split(examples)
    seen = REPLICAS * EPOCHS * IMAGES
    plain, study, own, plain_right, study_right = [], [], [], [], []
    for turn in range(TURNS):
        began = time.perf_counter()
        plain_right += [plain_replica(data, turn * REPLICAS + i) for i in range(REPLICAS)]
        plain.append(seen / (time.perf_counter() - began))
        whole, engine, right = study_turn(examples, turn)
        study.append(seen / whole)
        own.append(engine)
        study_right += right
    for name, speeds, right in (("plain", plain, plain_right), ("study", study, study_right)):
        print(
            f"{name}: {statistics.mean(speeds):,.0f} images/s, "
            f"test accuracy {100 * statistics.mean(right):.2f}%"
        )
    ratio = statistics.mean(study) / statistics.mean(plain)
    print(f"ratio {ratio:.2f}; the engine's own time {statistics.mean(own):.1f} s a study")


if __name__ == "__main__":
    main()
