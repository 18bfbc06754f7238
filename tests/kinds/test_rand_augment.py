"""RandAugment is torchvision's, on bytes, anew for each image, and told by the generator."""

import sys
from types import ModuleType

import pytest
import torch
from torch import Tensor

from models.vision import declare_operators
from steadfit.data import from_arrays, from_texts
from steadfit.errors import SteadfitError
from steadfit.kinds import Images
from steadfit.kinds.rand_augment import rand_augment
from steadfit.recipe import Augmentation, Recipe
from steadfit.remedies import apply, joined
from steadfit.training import fit

X = torch.randint(0, 256, (6, 3, 12, 10), generator=torch.Generator().manual_seed(0)).byte()
ASKED = Augmentation.of(randaugment=9)


class Brighter:
    """In place of torchvision's: as much brighter as the magnitude, and as a draw says."""

    def __init__(self, num_ops: int, magnitude: int, num_magnitude_bins: int) -> None:
        assert (num_ops, num_magnitude_bins) == (2, 31)
        self.magnitude = magnitude

    def __call__(self, image: Tensor) -> Tensor:
        assert image.dtype == torch.uint8
        more = int(torch.randint(1, self.magnitude + 1, ()))
        return (image.int() + more).clamp_max(255).byte()


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    made = ModuleType("torchvision.transforms.v2")
    made.RandAugment = Brighter  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torchvision", ModuleType("torchvision"))
    monkeypatch.setitem(sys.modules, made.__name__, made)


def drawn(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.usefixtures("stand_in")
def test_each_image_is_changed_by_its_own_draw():
    before, state = X.clone(), torch.get_rng_state()
    found = rand_augment(X, 9, drawn(1))
    more = (found.int() - X.int()).flatten(1).amax(1)
    assert len(set(more.tolist())) > 1
    assert torch.equal(found, rand_augment(X, 9, drawn(1)))
    assert not torch.equal(found, rand_augment(X, 9, drawn(2)))
    assert torch.equal(X, before)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.usefixtures("stand_in")
def test_a_network_learns_from_changed_images_and_is_tested_on_others():
    data = from_arrays(X, [0, 1] * 3, layout="channels_first")
    recipe = Recipe().model_with(name="linear").training_with(epochs=1, batch=6)
    plain, changed = (
        fit(one, data, torch.arange(6), data, seed=0)
        for one in (recipe, apply(joined("randaugment=30"), recipe))
    )
    assert plain.curves["train_loss"] != changed.curves["train_loss"]
    assert plain.preparation == changed.preparation


@pytest.mark.usefixtures("stand_in")
def test_images_of_other_numbers_are_refused():
    with pytest.raises(SteadfitError, match="images of bytes"):
        rand_augment(X / 255, 9, drawn(0))


def test_what_is_no_image_is_refused():
    texts = from_texts(["a good film", "a bad one"], [0, 1])
    with pytest.raises(SteadfitError, match="cannot be changed by randaugment"):
        texts.schema.kind.check_changes(ASKED)


def test_without_torchvision_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "torchvision", None)
    with pytest.raises(SteadfitError, match=r"pip install 'steadfit\[vision\]'"):
        Images.of(X).check_changes(ASKED)


def test_torchvision_itself_does_it():
    declare_operators()
    found = rand_augment(X, 9, drawn(3))
    assert found.shape == X.shape
    assert found.dtype == torch.uint8
    assert not torch.equal(found, X)
    from torchvision.transforms import v2

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(torch.randint(2**31, (), generator=drawn(3))))
        wanted = [v2.RandAugment(num_ops=2, magnitude=9)(image) for image in X]
    assert torch.equal(found, torch.stack(wanted))
