"""`Source`: where a network that was trained on other images comes from."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Protocol

from torch import nn

from steadfit.errors import SteadfitError

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))  # means and deviations of its channels


@dataclass(frozen=True)
class Preferred:
    """How a network was shown images.

    size: their height and width, in pixels. fixed: whether it takes no other. mean, std: of red,
    green and blue, of images from 0 to 1, that were taken off and divided by. assumed: whether
    nobody said these.
    """

    size: int
    mean: tuple[float, ...] = IMAGENET[0]
    std: tuple[float, ...] = IMAGENET[1]
    fixed: bool = False
    assumed: bool = False


class Source(Protocol):
    """A network by its name, without weights."""

    @property
    def name(self) -> str:
        """For people and keys: "timm:resnet18"."""
        ...

    @property
    def classifier(self) -> str:
        """What the names of the weights of its own last layer begin with; "" where it has none."""
        ...

    @property
    def preferred(self) -> Preferred: ...

    @property
    def learns(self) -> bool:
        """Whether its weights can be tuned, and drawn anew."""
        ...

    @property
    def own_code(self) -> str:
        """The digest of a person's code that makes it; "" for a library's."""
        ...

    def check_portable(self) -> None:
        """Raise SteadfitError where it cannot be sent to a worker."""
        ...

    def backbone(self) -> nn.Module:
        """The network without its last layer, of any weights: images (batch, 3, height, width) to
        features, (batch, features) or (batch, features, height, width)."""
        ...

    def drawn_anew(self) -> nn.Module:
        """The same with weights from torch's generator. Raises SteadfitError where there is no way
        to draw them."""
        ...

    def weights_at_hand(self) -> Path | None:
        """The file of its weights in the library's own cache, where it is. Nothing is fetched."""
        ...

    @property
    def weights_place(self) -> str:
        """Where that file is looked for, in words."""
        ...


@dataclass(frozen=True)
class LibraryNetwork(ABC):
    """What networks of libraries have in common: their name tells them, and draws them anew."""

    known_as: str
    own_code = ""
    learns = True

    @abstractmethod
    def backbone(self) -> nn.Module: ...

    def drawn_anew(self) -> nn.Module:
        return self.backbone()

    def check_portable(self) -> None:
        """It is sent by its name."""
        return None


def no_such(library: str, name: str, known: Iterable[str], listed: str) -> SteadfitError:
    """The error for a name that a library does not have, with the nearest ones. listed: by what
    all are listed."""
    near = get_close_matches(name[:100], list(known), n=5, cutoff=0.5)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    return SteadfitError(
        f'{library} has no network "{name[:100]}".{hint} {listed} lists those it has.'
    )
