"""What a trained network has inside and looks at, as arrays; `inside` draws them.

Shapes: N images of C channels, H × W pixels. Of an ensemble, the first network is looked at.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from steadfit.errors import SteadfitError, unknown
from steadfit.kinds.stored import Pixels
from steadfit.training import TrainedModel


def first_kernels(model: TrainedModel) -> np.ndarray:
    """The kernels of the first convolution, shape (filters, C, height, width).

    Raises SteadfitError where there is no convolution over images.
    """
    module, _ = model.members[0]
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            return layer.weight.detach().numpy()
    raise SteadfitError(
        f"The model {model.facts.recipe.model.name} has no convolution over images, so there are "
        "no filters to show."
    )


def activations(model: TrainedModel, x: Tensor, layer: str) -> np.ndarray:
    """What a layer gives for images, shape (N, channels, height, width).

    x: unprepared images, shape (N, C, H, W). layer: a name of the torch module, as conv1 or pool2.
    Raises SteadfitError for an unknown layer, and one that gives no maps.
    """
    with torch.no_grad():
        maps, _ = _maps_and_logits(model, x, layer)
    return maps.numpy()


def saliency_maps(
    model: TrainedModel, x: Tensor, classes: Sequence[str] | None = None
) -> np.ndarray:
    """How strongly each pixel moves the score of a class, shape (N, H, W).

    The largest absolute derivative of the logit over the channels of the prepared image (Simonyan,
    Vedaldi and Zisserman 2014, "Deep inside convolutional networks", section 3.1).
    x: unprepared images, shape (N, C, H, W). classes: whose logit, one name an image; the
    predicted ones if None. Raises SteadfitError for other classes than the model's.
    """
    module, preparation = model.members[0]
    inputs = preparation.inputs(x).requires_grad_()
    logits = module(inputs)
    (gradient,) = torch.autograd.grad(_scores(model, logits, classes).sum(), inputs)
    return gradient.abs().amax(1).numpy()


def grad_cam_maps(
    model: TrainedModel, x: Tensor, layer: str, classes: Sequence[str] | None = None
) -> np.ndarray:
    """Where a layer finds what speaks for a class, shape (N, height, width) of the layer's maps.

    ReLU(sum_k a_k A_k), with a_k the mean over all places of the derivative of the logit with
    respect to the map A_k (Selvaraju et al. 2017, "Grad-CAM", equations 1 and 2).
    x, layer, classes: as in `activations` and `saliency_maps`, which raise the same errors.
    """
    maps, logits = _maps_and_logits(model, x, layer)
    (gradient,) = torch.autograd.grad(_scores(model, logits, classes).sum(), maps)
    shares = gradient.mean((2, 3), keepdim=True)
    return (shares * maps).sum(1).relu().detach().numpy()


def margins(model: TrainedModel, x: Pixels, probabilities: np.ndarray | None = None) -> np.ndarray:
    """How much more probable the first class is than the second, shape (N,); 0 to 1.

    Small where the image is near the decision. probabilities: the model's, where they are known
    already. Raises SteadfitError if numbers are predicted.
    """
    _check_classes(model)
    ordered = np.sort(model.probabilities(x) if probabilities is None else probabilities, axis=1)
    return ordered[:, -1] - ordered[:, -2]


def _maps_and_logits(model: TrainedModel, x: Tensor, layer: str) -> tuple[Tensor, Tensor]:
    """What a layer gives, still part of the computation of the logits."""
    module, preparation = model.members[0]
    known = {name: part for name, part in module.named_modules() if name}
    if layer not in known:
        raise unknown("layer", layer, known)
    found: list[Tensor] = []
    handle = known[layer].register_forward_hook(lambda _, __, output: found.append(output))
    try:
        logits = module(preparation.inputs(x).requires_grad_())
    finally:
        handle.remove()
    if found[0].ndim != 4:
        raise SteadfitError(
            f"The layer {layer} gives {tuple(found[0].shape[1:])} numbers for an image, no maps. "
            "Choose a layer before the flattening."
        )
    return found[0], logits


def _scores(model: TrainedModel, logits: Tensor, classes: Sequence[str] | None) -> Tensor:
    """Each image's logit of its class."""
    _check_classes(model)
    if classes is None:
        return logits.amax(1)
    if len(classes) != len(logits):
        raise SteadfitError(
            f"classes must be a class for each of the {len(logits)} images, got {len(classes)}."
        )
    for name in classes:
        if name not in model.facts.schema.task.classes:
            raise unknown("class", name, model.facts.schema.task.classes)
    numbers = torch.tensor([model.facts.schema.task.classes.index(name) for name in classes])
    return logits.gather(1, numbers[:, None]).squeeze(1)


def _check_classes(model: TrainedModel) -> None:
    if not model.facts.schema.task.classes:
        raise SteadfitError(
            "Only a model of classes has a decision to look at, got one of "
            f"{model.facts.schema.task.learned}."
        )
