"""Folders of images: every kind Pillow reads, and everything that goes wrong with files."""

import os
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import steadfit as sf
from steadfit.data import Dataset, read
from steadfit.errors import SteadfitError
from steadfit.formats.pictures import Frame
from steadfit.kinds.image_inputs import read_images

GREY = Image.fromarray(np.arange(0, 240, 3, np.uint8).reshape(8, 10))
COLOUR = Image.merge("RGB", [GREY, GREY.point(lambda v: 255 - v), Image.new("L", (10, 8), 77)])


def fill(
    folder: Path, image: Image.Image = GREY, classes: Sequence[str] = "ab", each: int = 3
) -> Path:
    """A sound folder of `each` PNG images a class; those of the second are a little darker."""
    for number, label in enumerate(classes):
        (folder / label).mkdir(parents=True, exist_ok=True)
        darker = max(number, "ab".find(label))
        own = image.point([max(0, v - darker) for v in range(256)] * len(image.getbands()))
        for i in range(each):
            own.save(folder / label / f"{i}.png")
    return folder


def pixels(data: Dataset, name: str) -> np.ndarray:
    return data.x[data.ids.index(name)].numpy().astype(int)


def test_folders_are_classes_and_paths_are_names(tmp_path: Path) -> None:
    data = read(fill(tmp_path / "photos"))
    assert str(data) == "photos · 6 images 1×8×10 · 2 classes"
    assert data.ids == ("a/0.png", "a/1.png", "a/2.png", "b/0.png", "b/1.png", "b/2.png")
    assert (data.classes, data.y.tolist()) == (("a", "b"), [0, 0, 0, 1, 1, 1])
    assert (data.structure.is_test, data.notes[0]) == (None, "2 classes: a (3), b (3).")
    assert (pixels(data, "a/0.png")[0] == np.asarray(GREY)).all()


def test_train_and_test_above_the_classes(tmp_path: Path) -> None:
    fill(tmp_path / "train")
    fill(tmp_path / "test", classes="b", each=1)
    fill(tmp_path / "val")
    data = read(tmp_path)
    assert data.ids[-1] == "test/b/0.png"
    assert data.structure.is_test is not None
    assert data.structure.is_test.tolist() == [False] * 6 + [True]
    assert data.y.tolist() == [0, 0, 0, 1, 1, 1, 1]
    assert data.notes[1:] == ("val lies beside train and is left out.",)


def test_a_class_is_one_however_its_accents_are_written(tmp_path: Path) -> None:
    fill(tmp_path / "train", classes=["B\u00e4r", "Hund"])
    fill(tmp_path / "test", classes=["Ba\u0308r", "Hund"], each=1)  # as macOS writes it
    assert read(tmp_path).classes == ("B\u00e4r", "Hund")


def test_images_below_a_class_folder_are_its_own(tmp_path: Path) -> None:
    fill(tmp_path)
    (tmp_path / "a" / "more" / "deep").mkdir(parents=True)
    GREY.save(tmp_path / "a" / "more" / "deep" / "x.png")
    assert read(tmp_path).ids[3] == "a/more/deep/x.png"


@pytest.mark.parametrize("suffix", ["png", "bmp", "gif", "tiff", "webp", "jpeg", "JPG"])
@pytest.mark.parametrize("image", [GREY, COLOUR], ids=["grey", "colour"])
def test_every_format_gives_the_pixels(tmp_path: Path, suffix: str, image: Image.Image) -> None:
    fill(tmp_path, image)
    lossless = {"lossless": True} if suffix == "webp" else {}
    quality = {"quality": 100, "subsampling": 0} if suffix in ("jpeg", "JPG") else {}
    image.save(tmp_path / "a" / f"z.{suffix}", **lossless, **quality)
    data = read(tmp_path)
    assert data.x.shape[1] == len(image.getbands())
    difference = pixels(data, f"a/z.{suffix}") - pixels(data, "a/0.png")
    allowed = {"jpeg": 6, "JPG": 6, "gif": 30 if image is COLOUR else 0}  # lossy, 256 colours
    assert np.abs(difference).max() <= allowed.get(suffix, 0)


def sixteen_bits(kind: type = np.uint16) -> Image.Image:
    """The grey levels in the upper byte, something else in the lower."""
    return Image.fromarray(np.asarray(GREY).astype(kind) * 256 + 99)


@pytest.mark.parametrize(
    ("image", "suffix", "same"),
    [
        (GREY.convert("P"), "png", "grey"),
        (COLOUR.convert("P", palette=Image.Palette.ADAPTIVE, colors=256), "png", "0"),
        (COLOUR.convert("CMYK"), "tiff", "0"),
        (COLOUR.convert("RGBA"), "png", "0"),
        (GREY.convert("LA"), "png", "grey"),
        (sixteen_bits(), "png", "grey"),
        (sixteen_bits(), "tiff", "grey"),
        (sixteen_bits(np.int32), "tiff", "grey"),
    ],
    ids=["P", "P colour", "CMYK", "RGBA", "LA", "16 png", "16 tiff", "32 tiff"],
)
def test_every_mode_gives_the_pixels(
    tmp_path: Path, image: Image.Image, suffix: str, same: str
) -> None:
    fill(tmp_path, COLOUR)
    image.save(tmp_path / "a" / f"z.{suffix}")
    GREY.save(tmp_path / "a" / "grey.png")
    data = read(tmp_path)
    assert np.abs(pixels(data, f"a/z.{suffix}") - pixels(data, f"a/{same}.png")).max() <= 1


def test_black_and_white(tmp_path: Path) -> None:
    fill(tmp_path)
    GREY.convert("1").save(tmp_path / "a" / "z.png")
    assert set(pixels(read(tmp_path), "a/z.png").flat) == {0, 255}


def test_transparency_is_laid_on_white(tmp_path: Path) -> None:
    fill(tmp_path)
    layer = Image.new("LA", (10, 8), (0, 0))
    layer.putpixel((0, 0), (9, 255))
    layer.save(tmp_path / "a" / "z.png")
    palette = Image.new("P", (10, 8), 3)
    palette.putpixel((0, 0), 2)
    palette.save(tmp_path / "a" / "y.gif", transparency=3)
    data = read(tmp_path)
    for name in ("a/z.png", "a/y.gif"):
        assert (pixels(data, name)[0].flat[1:] == 255).all()
    assert pixels(data, "a/z.png")[0, 0, 0] == 9


def test_a_picture_transparent_all_over_is_taken_as_it_is(tmp_path: Path) -> None:
    fill(tmp_path)
    layer = GREY.convert("RGBA")
    layer.putalpha(0)
    layer.save(tmp_path / "a" / "z.png")
    assert (pixels(read(tmp_path), "a/z.png")[0] == np.asarray(GREY)).all()


def test_images_are_turned_upright(tmp_path: Path) -> None:
    fill(tmp_path)
    for orientation, turn in {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90,
                              8: Image.Transpose.ROTATE_270}.items():  # fmt: skip
        exif = Image.Exif()
        exif[0x0112] = orientation
        GREY.transpose(turn).save(tmp_path / "a" / f"turned{orientation}.png", exif=exif)
    data = read(tmp_path)
    assert data.notes[1:] == ()  # of equal size once upright
    for orientation in (3, 6, 8):
        assert (pixels(data, f"a/turned{orientation}.png")[0] == np.asarray(GREY)).all()


def test_one_colour_image_makes_three_channels(tmp_path: Path) -> None:
    fill(tmp_path)
    COLOUR.save(tmp_path / "b" / "z.png")
    assert read(tmp_path).x.shape[1] == 3


def test_grey_images_saved_in_colour_are_grey(tmp_path: Path) -> None:
    assert read(fill(tmp_path, GREY.convert("RGB"))).x.shape[1] == 1


def test_sizes_are_made_equal_by_the_stated_rule(tmp_path: Path) -> None:
    fill(tmp_path)
    half = Image.new("L", (20, 8), 100)
    half.paste(200, (10, 0, 20, 8))
    half.save(tmp_path / "a" / "z.png")  # 8×20 fitted into 8×10: 4×10, centred
    data = read(tmp_path)
    assert tuple(data.x.shape[2:]) == (8, 10)
    assert any("Images of 1 other size were resized to 8×10" in note for note in data.notes)
    z = pixels(data, "a/z.png")[0]
    assert (z[2:6, :3] == 100).all()
    assert (z[2:6, 7:] == 200).all()
    assert len(np.unique(z[[0, 1, 6, 7]])) == 1  # no streaks: what is left has one colour
    assert 100 <= z[0, 0] <= 200
    assert tuple(read(tmp_path, size=5).x.shape[2:]) == (5, 5)


def test_a_size_may_have_a_height_and_a_width(tmp_path: Path) -> None:
    fill(tmp_path)
    assert tuple(read(tmp_path, size=(6, 9)).x.shape[2:]) == (6, 9)
    assert tuple(read(tmp_path, size=[7]).x.shape[2:]) == (7, 7)
    for size in ((6, 0), (1, 2, 3), ()):
        with pytest.raises(SteadfitError, match="a side, or a height and a width"):
            read(tmp_path, size=size)
    with pytest.raises(SteadfitError, match='"pad" or "crop"'):
        read(tmp_path, fit="stretch")  # pyright: ignore[reportArgumentType]


def test_what_is_cut_off_is_beyond_the_middle(tmp_path: Path) -> None:
    """Stripes of 1 × 3 squares: the middle one is left, in training and in predicting."""
    fill(tmp_path)
    stripes = np.repeat([[10, 120, 250]], 20, axis=1).repeat(20, axis=0).astype(np.uint8)
    Image.fromarray(stripes).save(tmp_path / "a" / "z.png")
    data = read(tmp_path, size=10, fit="crop")
    assert np.abs(pixels(data, "a/z.png")[0, :, 1:-1].astype(int) - 120).max() <= 2
    again = data.schema.kind.from_memory(tmp_path / "a" / "z.png", None)
    assert torch.equal(again[0], data.x[data.ids.index("a/z.png")])
    assert any("beyond cut off" in note for note in data.notes)


def test_how_much_is_kept_is_said(tmp_path: Path) -> None:
    (_, note, *_) = read(fill(tmp_path, GREY.resize((640, 480))), size=(48, 64)).notes
    assert "1.0% of an image's pixels are kept" in note


def test_large_images_are_scaled_down_and_it_is_said(tmp_path: Path) -> None:
    data = read(fill(tmp_path, GREY.resize((300, 240))))
    assert tuple(data.x.shape[2:]) == (51, 64)
    assert "resized to 51×64" in data.notes[1]
    assert "4.5% of an image's pixels are kept" in data.notes[1]  # (64 / 300)²
    assert tuple(read(tmp_path, pixels=128).x.shape[2:]) == (102, 128)
    assert tuple(read(tmp_path, size=100).x.shape[2:]) == (100, 100)


def test_a_line_of_pixels_fits_too(tmp_path: Path) -> None:
    fill(tmp_path)
    Image.new("L", (1, 5000), 9).save(tmp_path / "a" / "z.png")
    assert (pixels(read(tmp_path), "a/z.png") == 9).all()


def png_chunk(kind: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


def bomb() -> bytes:
    """The head of a PNG that claims 10,000 × 10,000 pixels, more than Pillow warns of."""
    head = struct.pack(">IIBBBBB", 10_000, 10_000, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) + png_chunk(b"IDAT", zlib.compress(b""))


def saved(folder: Path, image: Image.Image, suffix: str) -> bytes:
    image.save(folder / f"whole.{suffix}")
    content = (folder / f"whole.{suffix}").read_bytes()
    (folder / f"whole.{suffix}").unlink()
    return content


NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8))
DAMAGE = {
    "zero bytes": ("png", lambda folder: b""),
    "truncated png": ("png", lambda folder: saved(folder, NOISE, "png")[:-1500]),
    "truncated jpeg": ("jpg", lambda folder: saved(folder, NOISE, "jpg")[:-500]),
    "truncated gif": ("gif", lambda folder: saved(folder, NOISE, "gif")[:-800]),
    "truncated tiff": ("tif", lambda folder: saved(folder, NOISE, "tif")[:-2000]),
    "truncated webp": ("webp", lambda folder: saved(folder, NOISE, "webp")[:-200]),
    "truncated bmp": ("bmp", lambda folder: saved(folder, NOISE, "bmp")[:-2000]),
    "head only": ("png", lambda folder: saved(folder, NOISE, "png")[:40]),
    "a page instead": ("png", lambda folder: b"<!DOCTYPE html><title>404</title>"),
    "flipped bits": ("png", lambda folder: saved(folder, NOISE, "png").replace(b"IDAT", b"IDAu")),
    "a bomb": ("png", lambda folder: bomb()),
    "floating point": ("tif", lambda folder: saved(folder, NOISE.convert("F"), "tif")),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_an_unreadable_image_is_named_and_the_rest_goes_on(tmp_path: Path, kind: str) -> None:
    suffix, make = DAMAGE[kind]
    fill(tmp_path, each=10)
    (tmp_path / "b" / f"bad.{suffix}").write_bytes(make(tmp_path))
    data = read(tmp_path)
    assert len(data) == 20
    named = [note for note in data.notes if f"b/bad.{suffix} is left out: " in note]
    assert len(named) == 1
    assert str(tmp_path) not in named[0]
    assert kind != "a bomb" or "it has 100,000,000 pixels" in named[0]


def test_more_than_the_allowed_share_stops_with_every_path(tmp_path: Path) -> None:
    fill(tmp_path, each=10)
    (tmp_path / "a" / "x.png").write_bytes(b"no image")
    (tmp_path / "b" / "y.png").write_bytes(b"")
    with pytest.raises(SteadfitError, match=r"(?s)got 2 of 22.*a/x\.png.*b/y\.png"):
        read(tmp_path)
    assert len(read(tmp_path, damaged=0.1)) == 20


def test_the_suffix_does_not_matter(tmp_path: Path) -> None:
    fill(tmp_path)
    (tmp_path / "a" / "z.jpg").write_bytes((tmp_path / "a" / "0.png").read_bytes())
    (tmp_path / "a" / "noname").write_bytes((tmp_path / "a" / "0.png").read_bytes())
    data = read(tmp_path)
    assert (pixels(data, "a/z.jpg") == pixels(data, "a/0.png")).all()
    assert (pixels(data, "a/noname") == pixels(data, "a/0.png")).all()


def test_other_files_are_named_and_hidden_ones_passed_over(tmp_path: Path) -> None:
    fill(tmp_path)
    for name in ("a/labels.txt", "a/.hidden.png", "readme.md", ".git/x.png", "b/photo.heic"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("words")
    GREY.save(tmp_path / "loose.png")
    data = read(tmp_path)
    assert len(data) == 6
    assert data.notes[1:] == (
        "loose.png lies in no class folder and is left out.",
        "readme.md lies in no class folder and is left out.",
        "a/labels.txt is no image and is left out.",
        "b/photo.heic is no image and is left out.",
    )


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    secret = fill(tmp_path / "elsewhere") / "a" / "0.png"
    root = fill(tmp_path / "photos")
    (root / "a" / "out.png").symlink_to(secret)
    (root / "a" / "in.png").symlink_to(root / "a" / "0.png")
    (root / "c").symlink_to(tmp_path / "elsewhere" / "a")
    (root / "a" / "loop").symlink_to(root)
    data = read(root)
    assert len(data) == 7
    assert "a/in.png" in data.ids
    assert data.notes[1:] == (
        "c is a link to a folder and is left out.",
        "a/loop is a link to a folder and is left out.",
        "a/out.png is a link that leads out of the folder and is left out.",
    )


def test_names_that_are_no_text_can_be_printed_and_told_apart(tmp_path: Path) -> None:
    fill(tmp_path)
    for folder in (b"a", b"\xfe", b"\xff"):
        (tmp_path / os.fsdecode(folder)).mkdir(exist_ok=True)
        GREY.save(os.fsencode(tmp_path) + b"/" + folder + b"/\xff.png")
    data = read(tmp_path)
    "".join(data.ids).encode()
    assert data.classes == (r"\xfe", r"\xff", "a", "b")
    _, names, *_ = read_images(tmp_path / "a", 1, Frame(8, 10))
    assert names[-1] == r"\xff.png"


def test_empty_folders_are_said(tmp_path: Path) -> None:
    with pytest.raises(SteadfitError, match="must have a folder of images for each class"):
        read(tmp_path)
    fill(tmp_path)
    (tmp_path / "c").mkdir()
    with pytest.raises(SteadfitError, match=r"must have readable images, got none in c"):
        read(tmp_path)


def test_a_class_all_of_whose_images_are_unreadable_is_said(tmp_path: Path) -> None:
    fill(tmp_path, each=30)
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "x.png").write_bytes(b"")
    with pytest.raises(SteadfitError, match=r"must have readable images, got none in c"):
        read(tmp_path)


def test_a_size_of_nothing_is_said(tmp_path: Path) -> None:
    with pytest.raises(SteadfitError, match="each 1 or more"):
        read(fill(tmp_path), size=0)


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_large_jpeg_is_scaled_as_a_whole_one_is(tmp_path: Path, orientation: int) -> None:
    """Decoding at a part of the size is a shortcut, not another picture."""
    rows, columns = np.mgrid[:600, :800]
    smooth = Image.fromarray((rows / 5 + columns / 8).astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    fill(tmp_path)
    smooth.save(tmp_path / "a" / "z.jpg", quality=95, exif=exif)
    upright = smooth if orientation == 1 else smooth.transpose(Image.Transpose.ROTATE_270)
    upright.save(tmp_path / "a" / "z.png")
    data = read(tmp_path, size=30)
    assert np.abs(pixels(data, "a/z.jpg") - pixels(data, "a/z.png")).max() <= 3


@pytest.mark.parametrize(
    "left",
    ["__MACOSX/a/._0.png", "@eaDir/a/0.png", ".ipynb_checkpoints/0.png", "a/._0.png",
     "a/Thumbs.db", "b/desktop.ini", "#recycle/0.png", "a/@eaDir/0.png", "$RECYCLE.BIN/S-1/0.png",
     "System Volume Information/x"],
)  # fmt: skip
def test_what_other_programs_leave_is_no_class_and_no_image(tmp_path: Path, left: str) -> None:
    folder = fill(tmp_path / "photos")
    (folder / left).parent.mkdir(parents=True, exist_ok=True)
    if left.endswith("/0.png"):
        GREY.save(folder / left)
    else:
        (folder / left).write_bytes(b"\0\5\x16\7" + bytes(60))
    data = read(folder)
    assert (data.classes, len(data), len(data.notes)) == (("a", "b"), 6, 1)
    assert len(read_images(folder, 1, Frame(8, 10)).ids) == 6


def test_images_without_suffix_beside_a_text_are_images(tmp_path: Path) -> None:
    for path in fill(tmp_path).rglob("*.png"):
        path.rename(path.with_suffix(""))
    (tmp_path / "readme.txt").write_text("photos of mine")
    assert str(read(tmp_path, size=8)).endswith("6 images 1×8×8 · 2 classes")


def test_an_image_without_suffix_is_trained_on_and_predicted(tmp_path: Path) -> None:
    folder = fill(tmp_path / "photos")
    (folder / "a" / "0.png").rename(folder / "a" / "plain")
    (folder / "a" / "README").write_text("no image")
    assert "a/plain" in read(folder).ids
    assert "a/plain" in read_images(folder, 1, Frame(8, 10)).ids
    assert not any("README" in name for name in read_images(folder, 1, Frame(8, 10)).ids)


@pytest.mark.parametrize(("train", "test"), [("Train", "Test"), ("training", "testing")])
def test_train_and_test_by_other_names(tmp_path: Path, train: str, test: str) -> None:
    fill(tmp_path / train)
    fill(tmp_path / test, each=1)
    data = read(tmp_path)
    assert data.classes == ("a", "b")
    assert data.structure.is_test is not None
    assert int(data.structure.is_test.sum()) == 2


def test_a_test_folder_of_loose_images_gives_one_note(tmp_path: Path) -> None:
    fill(tmp_path / "train")
    (tmp_path / "test").mkdir()
    for i in range(30):
        GREY.save(tmp_path / "test" / f"{i}.png")
    data = read(tmp_path)
    assert data.notes[1:] == ("test (30 files) has no class folders and is left out.",)
    assert data.structure.is_test is None


def test_many_files_of_a_kind_are_one_note(tmp_path: Path) -> None:
    folder = fill(tmp_path / "photos")
    for i in range(30):
        (folder / "a" / f"{i:02}.txt").write_text("a note")
    _, note = read(folder).notes
    assert note.startswith("30 files are left out, each is no image: a/00.txt, a/01.txt")


def test_classes_one_level_too_deep_are_a_sentence_that_helps(tmp_path: Path) -> None:
    fill(tmp_path / "zip" / "pets" / "train")
    fill(tmp_path / "zip" / "pets" / "test")
    with pytest.raises(SteadfitError, match=r"Give .*pets, which has the folders test, train\."):
        read(tmp_path / "zip")
    assert len(read(tmp_path / "zip" / "pets")) == 12


@pytest.mark.parametrize("test", ["val", "Valid", "validation"])
def test_validation_images_test_where_there_are_no_test_images(tmp_path: Path, test: str) -> None:
    fill(tmp_path / "train")
    fill(tmp_path / test, each=1)
    data = read(tmp_path)
    assert data.structure.is_test is not None
    assert int(data.structure.is_test.sum()) == 2
    assert data.notes[1:] == (f"{test} is the test set, as there is no test folder.",)


@pytest.mark.parametrize(
    "names",
    [("training_set", "test_set"), ("dev", "test"), ("p1", "val1"), ("fold1", "fold2"),
     ("batch_1", "batch_2"), ("cats_train", "cats_test")],
)  # fmt: skip
def test_parts_are_no_classes(tmp_path: Path, names: tuple[str, str]) -> None:
    for name in names:
        fill(tmp_path / name)
    with pytest.raises(SteadfitError, match=r"which all have the folders a, b, and so parts"):
        read(tmp_path)


def test_classes_may_have_the_same_folders_below(tmp_path: Path) -> None:
    """Where it is the other way round, the note's advice gives the others."""
    for name in ("cat", "dog"):
        fill(tmp_path / name, classes=("front", "back"))
    data = read(tmp_path)
    assert data.classes == ("cat", "dog")
    assert any('back, front. If these are the classes, give label_from="*/{label}/*"' in note
               for note in data.notes)  # fmt: skip
    assert read(tmp_path, label_from="*/{label}/*").classes == ("back", "front")


def test_a_class_may_begin_as_a_part_does(tmp_path: Path) -> None:
    for name in ("devon rex", "siamese"):
        fill(tmp_path / name, classes=("2019", "2020"))
    assert read(tmp_path).classes == ("devon rex", "siamese")


def test_trains_among_cars_are_a_class(tmp_path: Path) -> None:
    fill(tmp_path, classes=["train", "car", "bus"])
    assert read(tmp_path).classes == ("bus", "car", "train")


@pytest.mark.parametrize("flat", [True, False])
def test_parts_that_wrap_other_folders_are_no_classes(tmp_path: Path, flat: bool) -> None:
    """As of a well-known set of scenes, and of parts without classes."""
    for name in ("seg_train", "seg_test"):
        fill(tmp_path / name, classes="a" if flat else [name])
    fill(tmp_path, classes=["seg_pred"])
    with pytest.raises(SteadfitError, match="seg_test, seg_train, and so parts"):
        read(tmp_path)


@pytest.mark.parametrize("names", [("images", "masks"), ("Images", "labels"), ("img", "gt")])
def test_pictures_and_their_masks_are_no_classes(tmp_path: Path, names: tuple[str, str]) -> None:
    fill(tmp_path, classes=names)
    with pytest.raises(SteadfitError, match="images, and what is marked in them"):
        read(tmp_path)


def test_a_class_is_called_alike_on_both_sides(tmp_path: Path) -> None:
    fill(tmp_path / "train", classes=["Cat", "Dog"])
    fill(tmp_path / "test", classes=["cat", "Dog"])
    with pytest.raises(SteadfitError, match='"Cat" to learn from and "cat" to test on'):
        read(tmp_path)


def test_a_training_side_without_classes_is_a_sentence(tmp_path: Path) -> None:
    fill(tmp_path / "test")
    (tmp_path / "train").mkdir()
    GREY.save(tmp_path / "train" / "0.png")
    with pytest.raises(SteadfitError, match=r"train must have a folder .*train/0\.png lies in no"):
        read(tmp_path)


def test_folders_of_other_files_are_told_what_can_be_read(tmp_path: Path) -> None:
    for label in "ab":
        (tmp_path / label).mkdir()
        for number in range(8):
            (tmp_path / label / f"{number}.dcm").write_bytes(bytes(128) + b"DICM" + bytes(99))
    with pytest.raises(SteadfitError, match=r"PNG, JPEG,.* can be read\. 16 files .*a/0\.dcm"):
        read(tmp_path)


@pytest.mark.parametrize("suffix", ["ppm", "pgm", "pbm"])
def test_portable_pixmaps_are_read(tmp_path: Path, suffix: str) -> None:
    image = {"ppm": COLOUR, "pgm": GREY, "pbm": GREY.convert("1")}[suffix]
    fill(tmp_path, image.convert("L") if suffix == "pbm" else image)
    image.save(tmp_path / "a" / f"z.{suffix}")
    found = pixels(read(tmp_path), f"a/z.{suffix}")
    wanted = np.atleast_3d(np.asarray(image).astype(int) * (255 if suffix == "pbm" else 1))
    assert (found == wanted.transpose(2, 0, 1)).all()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "pointer of Git LFS"),
        (b"\n<!DOCTYPE html><html>404</html>", "a page of the web"),
    ],
)
def test_what_is_in_the_place_of_an_image_is_said(tmp_path: Path, content: bytes, words: str):
    fill(tmp_path, each=20)
    (tmp_path / "a" / "z.jpg").write_bytes(content)
    assert any(f"a/z.jpg is left out: it is {words.removeprefix('it is ')}" in note
               or words in note for note in read(tmp_path).notes)  # fmt: skip


def test_images_of_one_colour_and_copies_with_another_label_are_named(tmp_path: Path) -> None:
    fill(tmp_path)
    Image.new("L", (10, 8)).save(tmp_path / "a" / "black.png")
    GREY.save(tmp_path / "b" / "from-a.png")
    notes = read(tmp_path).notes
    assert "1 image has one colour all over: a/black.png." in notes
    assert ("1 image is an exact copy of one with another label: a/0.png and b/from-a.png."
            in notes)  # fmt: skip


def test_many_damaged_files_are_one_note(tmp_path: Path) -> None:
    """Each in its own way, as truncated ones are, or all alike."""
    fill(tmp_path, each=80)
    whole = (tmp_path / "a" / "0.png").read_bytes()
    for number in range(10):
        (tmp_path / "a" / f"cut{number}.png").write_bytes(whole[: 60 + number])
        (tmp_path / "b" / f"empty{number}.png").write_bytes(b"")
    notes = read(tmp_path, damaged=0.2).notes
    assert len(notes) <= 4
    assert any("10 images are left out (b/empty0.png" in note for note in notes)


def test_classes_too_deep_below_train_are_found(tmp_path: Path) -> None:
    for side in ("train", "test"):
        fill(tmp_path / side / "images")
    with pytest.raises(SteadfitError, match=r"train must have .*Give .*images, which has .* a, b"):
        read(tmp_path)


def test_classes_two_levels_too_deep_are_found(tmp_path: Path) -> None:
    fill(tmp_path / "data" / "photos")
    with pytest.raises(SteadfitError, match=r"Give .*photos, which has the folders a, b"):
        read(tmp_path)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_a_damaged_exif_block_says_nothing_of_the_pixels(tmp_path: Path, suffix: str) -> None:
    for label in "ab":
        (tmp_path / label).mkdir()
        image = COLOUR if label == "a" else COLOUR.rotate(180)
        for i in range(3):
            image.save(tmp_path / label / f"{i}.{suffix}", exif=b"Exif\0\0this is no TIFF header")
    data = read(tmp_path)
    assert (data.x.shape, data.notes[1:]) == ((6, 3, 8, 10), ())
    if suffix == "png":
        assert (pixels(data, "a/0.png") == np.moveaxis(np.asarray(COLOUR), 2, 0)).all()


def test_a_photo_of_100_megapixels_is_decoded_at_a_part_of_its_size(tmp_path: Path) -> None:
    fill(tmp_path)
    Image.new("L", (12_000, 9_000), 90).save(tmp_path / "a" / "phone.jpg")
    data = read(tmp_path, size=8)
    assert "a/phone.jpg" in data.ids
    assert abs(pixels(data, "a/phone.jpg") - 90).max() <= 1


def test_a_png_of_as_many_pixels_is_not_decoded(tmp_path: Path) -> None:
    fill(tmp_path, each=30)
    Image.new("1", (12_000, 9_000)).save(tmp_path / "a" / "large.png")
    (_, note, *_) = read(tmp_path, size=8).notes
    assert note == (
        "a/large.png is left out: it has 108,000,000 pixels, and at most 89,478,485 are decoded."
    )


@pytest.mark.parametrize("way", ["crop", "12 bits"])
def test_how_files_are_read_keeps_no_image_from_the_model(tmp_path: Path, way: str) -> None:
    """A model of images that are cut, or of 12 bits, predicts files, and the pixels of its data."""
    rng, folder = np.random.default_rng(0), tmp_path / "photos"
    for number in range(12):
        (folder / "ab"[number % 2]).mkdir(parents=True, exist_ok=True)
        deep = rng.integers(0, 4000, (8, 10 + number % 2), dtype=np.uint16)
        picture = deep if way == "12 bits" else (deep // 16).astype(np.uint8)
        Image.fromarray(picture).save(folder / "ab"[number % 2] / f"{number}.png")
    data = read(folder, fit="crop" if way == "crop" else "pad")
    training = {"epochs": 1}
    model = sf.fit(data, training=training, out=tmp_path / "run", reference=False).model
    of_files = model.probabilities([str(folder / name) for name in data.ids])
    np.testing.assert_allclose(of_files, model.probabilities(data.x), atol=1e-6)


def test_photos_with_numbers_are_fitted_by_default(tmp_path: Path) -> None:
    x = np.random.default_rng(0).integers(0, 256, (24, 32, 32, 3), dtype=np.uint8)
    y = np.linspace(0.5, 9, 24)
    data = sf.from_arrays(x, y, layout="channels_last", task="numbers")
    done = sf.fit(data, training={"epochs": 1}, out=tmp_path / "run", reference=False)
    assert done.result.settings["model"]["name"] == "convnet"
    assert any("learns too little" in note or "R²" in note for note in done.data_notes)


def test_images_larger_than_the_memory_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    with pytest.raises(SteadfitError, match="GB of memory"):
        read(fill(tmp_path), size=200_000)
    with pytest.raises(SteadfitError, match="size and pixels both"):
        read(tmp_path, size=8, pixels=8)


def test_a_class_with_one_photo_is_a_sentence(tmp_path: Path):
    for name, count in (("cat", 5), ("dog", 1)):
        (tmp_path / name).mkdir()
        for shade in range(count):
            Image.new("RGB", (40, 32), (40 * shade, 90, 10)).save(tmp_path / name / f"{shade}.png")
    with pytest.raises(SteadfitError, match="dog"):
        sf.data.split(read(tmp_path))
