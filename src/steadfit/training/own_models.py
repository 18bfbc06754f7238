"""A person's own network in a saved model: by its code, or without it by what it computes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from steadfit.errors import CodeNeededError, SteadfitError
from steadfit.kinds import Preparation
from steadfit.models import OwnNetwork, Pretrained, carried, is_list
from steadfit.recipe import Model
from steadfit.training.export import ExportedNetwork, network_content
from steadfit.training.facts import ModelFacts
from steadfit.training.model_files import network_file

Members = list[tuple[nn.Module, Preparation]]


def preparation_of(facts: ModelFacts, fitted: dict[str, Any]) -> Preparation:
    """A member's, from its plain values. Raises SteadfitError for means of other channels, or of
    other outputs, than the network has."""
    found = Preparation.from_dict(fitted)
    channels, outputs = facts.schema.kind.means(facts.shape), facts.schema.task.means
    for expected, mean in ((channels, found.mean), (outputs, found.target_mean)):
        if len(mean) != expected:
            raise SteadfitError(f"{expected} means and deviations were expected, got {len(mean)}")
    if found.quantiles != facts.schema.task.quantiles:
        raise SteadfitError(f"other quantiles were expected, got {len(found.quantiles)}")
    if any(channel >= facts.shape[0] for channel in (*found.beside, *found.logs)):
        raise SteadfitError(f"channels below {facts.shape[0]} were expected")
    return found


def graphs_of(facts: ModelFacts, members: Members) -> tuple[bytes, ...]:
    """The members' graphs; none where one cannot be exported, or is in the weights already."""
    if carries(facts):
        return ()
    try:
        return tuple(
            network_content(module, facts.schema, facts.shape, preparation)
            for module, preparation in members
        )
    except SteadfitError:  # it is loaded by its code then, which `with_code` says
        return ()


def without_code(facts: ModelFacts, graphs: Sequence[bytes]) -> Members:
    """The members of a model by their graphs. Raises SteadfitError where one is damaged."""
    return [
        (ExportedNetwork(graph, facts.schema.task.outputs), preparation_of(facts, fitted))
        for graph, fitted in zip(graphs, facts.preparations, strict=True)
    ]


def carries(facts: ModelFacts) -> bool:
    """Whether the weights hold the whole network, which onnxruntime runs: it has no inside."""
    network = facts.recipe.model.network
    return isinstance(network, Pretrained) and not network.source.learns


def is_own(facts: ModelFacts) -> bool:
    model = facts.recipe.model
    return not is_list(model.name) and ":" in model.name


def graph_files(
    folder: Path, facts: ModelFacts, network: OwnNetwork | Pretrained | None
) -> list[Path]:
    """Those by which a person's own network is loaded without its code; none of another."""
    if network is not None or not is_own(facts):
        return []
    files = [folder / network_file(i) for i in range(len(facts.preparations))]
    return files if all(file.is_file() for file in files) else []


def with_code(
    facts: ModelFacts, network: OwnNetwork | Pretrained | None, weights: Mapping[str, Tensor]
) -> ModelFacts:
    """The facts of a person's own network with its code, which is never imported from a file; or
    with a network that the weights carry."""
    model = facts.recipe.model
    if not is_own(facts):
        return facts
    network = network or carried(model.name, weights)
    if network is None:
        raise CodeNeededError(
            f"The model is a network of your own, {model.name}, whose code is not saved with it, "
            "and it was not exported to ONNX. Load it with network=OwnNetwork.of(...)."
        )
    changed = Model.of(name=model.name, settings=model.settings, network=network)
    return replace(facts, recipe=facts.recipe.but(model=changed))
