"""To what size the images of a folder are brought, and what of them that keeps."""

from collections.abc import Sequence
from statistics import median

import numpy as np

from steadfit.errors import SteadfitError, counted
from steadfit.formats.pictures import Fit, Frame, kept

Size = int | Sequence[int]
_LONGEST = 64  # pixels of the longer side, where no size is given: trained on in a minute


def frame_of(
    sizes: Sequence[tuple[int, int]], size: Size | None, pixels: int | None, fit: Fit, white: int
) -> Frame:
    """The frame of all images. sizes: the height and width of each; size, pixels, fit as in
    `steadfit.data.readers.images.read`. Raises SteadfitError for sizes below 1 and other fits."""
    if fit not in ("pad", "crop"):
        raise SteadfitError(f'fit must be "pad" or "crop", got {fit!r}.')
    if size is not None and pixels is not None:
        raise SteadfitError("size and pixels both say how large images become. Leave one out.")
    if size is not None:
        sides = (size,) if isinstance(size, int) else tuple(size)
        if len(sides) not in (1, 2) or min(sides) < 1:
            raise SteadfitError(
                "size must be a side, or a height and a width, each 1 or more, got "
                f"{' '.join(map(str, sides)) or 'nothing'}."
            )
        return Frame(sides[0], sides[-1], fit, white)
    if pixels is not None and pixels < 1:
        raise SteadfitError(f"pixels must be 1 or more, got {pixels}.")
    if not sizes:
        return Frame(1, 1, fit, white)
    height, width = np.median(np.array(sizes), axis=0)
    scale = min(1.0, (pixels or _LONGEST) / max(height, width))
    return Frame(max(1, round(height * scale)), max(1, round(width * scale)), fit, white)


def size_note(sizes: Sequence[tuple[int, int]], frame: Frame) -> list[str]:
    """How images of other sizes were changed, and which share of their pixels is left."""
    different = set(sizes) - {(frame.height, frame.width)}
    if not different:
        return []
    share = median(kept(size, frame) for size in sizes)
    how = {"pad": "the rest filled", "crop": "what lies beyond cut off"}[frame.fit]
    left = f" {share:.1%} of an image's pixels are kept." if share < 1 else ""
    return [
        f"Images of {counted(len(different), 'other sizes')} were resized to "
        f"{frame.height}×{frame.width} pixels (proportions kept, {how}).{left} The options size, "
        "pixels and fit choose another way."
    ]
