"""Images whose labels are in a table or in the files' names, groups, and odd pictures."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from PIL import features as pillow_features

from steadfit.data import Dataset, read, split
from steadfit.errors import SteadfitError
from steadfit.formats import pictures
from steadfit.formats.pictures import Frame
from steadfit.kinds import Images
from steadfit.kinds.image_inputs import read_images
from steadfit.tasks import Numbers

RNG = np.random.default_rng(0)


def picture(side: int = 8, seed: int | None = None) -> Image.Image:
    rng = RNG if seed is None else np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (side, side), np.uint8))


def folder(path: Path, *names: str) -> Path:
    """A folder with an image of each name."""
    for name in names:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        picture().save(path / name)
    return path


def labels(data: Dataset) -> dict[str, str]:
    return dict(zip(data.ids, data.schema.task.labels(data.y), strict=True))


def test_accents_may_be_written_apart(tmp_path: Path) -> None:
    """As macOS does, of folders and files that others write whole."""
    apart, whole = (unicodedata.normalize(form, "Bär") for form in ("NFD", "NFC"))
    root = folder(tmp_path / "photos", f"{apart}.png", "1.png", "2.png", "3.png")
    (tmp_path / "labels.csv").write_text(f"file,label\n{whole}.png,a\n1.png,b\n2.png,a\n3.png,b\n")
    data = read(root, labels=tmp_path / "labels.csv")
    assert len(data) == 4
    assert data.schema.kind.labels_of([f"{apart}/1.png"], [whole]) == (whole,)


NAMES = ("0.png", "more/1.png", "2.png", "3.png")
EXPECTED = {"0.png": "cat", "2.png": "cat", "3.png": "dog", "more/1.png": "dog"}


@pytest.mark.parametrize(
    "table",
    {
        "names": "file,label\n0.png,cat\n1.png,dog\n2.png,cat\n3.png,dog\n",
        "no suffix": "id,label\n0,cat\n1,dog\n2,cat\n3,dog\n",
        "paths": "label,path\ncat,./0.png\ndog,more/1.png\ncat,2.png\ndog,3.png\n",
        "of Windows": "a;b\nC:\\x\\0.png;cat\nmore\\1.png;dog\n2.png;cat\n3.png;dog\n",
        "capitals": "file,label\n0.PNG,cat\nMORE/1.Png,dog\n2.png,cat\n3.PNG,dog\n",
        "another order": "image,breed\n3.png,dog\n2.png,cat\n1.png,dog\n0.png,cat\n",
        "said twice": "file,label\n0.png,cat\n1,dog\n2.png,cat\n3.png,dog\n3.png,dog\n",
    }.values(),
)
def test_a_table_has_the_labels(tmp_path: Path, table: str) -> None:
    root = folder(tmp_path / "photos", *NAMES)
    (tmp_path / "labels.csv").write_text(table)
    assert labels(read(root, labels=tmp_path / "labels.csv")) == EXPECTED


def test_a_table_in_the_folder_is_found_and_not_named(tmp_path: Path) -> None:
    root = folder(tmp_path / "photos", *NAMES)
    (root / "labels.csv").write_text("file,label\n0,cat\n1,dog\n2,cat\n3,dog\n")
    data = read(root, labels="labels.csv")
    assert labels(data) == EXPECTED
    assert data.notes == ("2 classes: cat (2), dog (2).", "labels.csv: label is learned.")


def test_what_has_no_label_or_no_image_is_said(tmp_path: Path) -> None:
    root = folder(tmp_path / "photos", *NAMES)
    table = "file,label\n0.png,cat\n1.png,dog\n2.png,\n9.png,cat\n"
    (root / "labels.csv").write_text(table)
    data = read(root, labels="labels.csv")
    assert labels(data) == {"0.png": "cat", "more/1.png": "dog"}
    assert any("2 images without a label in labels.csv left out: 2.png, 3.png" in note
               for note in data.notes)  # fmt: skip
    assert any("labels.csv: 2 rows without an image or a label" in note for note in data.notes)


def test_a_header_that_names_an_image_is_none(tmp_path: Path) -> None:
    root = folder(tmp_path / "p", "1.png", "2.png", "3.png", "4.png")
    (tmp_path / "l.csv").write_text("1.png,a\n2.png,b\n3.png,a\n4.png,b\n")
    with pytest.raises(SteadfitError, match=r"must have a header.*1\.png"):
        read(root, labels=tmp_path / "l.csv")


def test_columns_that_are_not_used_are_said_and_rows_that_come_again_are_not(tmp_path: Path):
    root = folder(tmp_path / "p", "1.png", "2.png")
    (tmp_path / "l.csv").write_text(
        "file,label,split\n1.png,a,train\n2.png,b,test\n1.png,a,train\n"
    )
    notes = read(root, labels=tmp_path / "l.csv").notes
    assert any("label is learned, and split not used" in note for note in notes)
    assert not any("without an image" in note for note in notes)


def test_numbers_are_learned_as_numbers(tmp_path: Path) -> None:
    root = folder(tmp_path / "photos", *NAMES)
    (root / "ages.csv").write_text("file;age\n0;1,5\n1;2,5\n2;3,25\n3;0,5\n")
    data = read(root, labels="ages.csv")
    assert data.schema.task == Numbers(1)
    assert data.y.flatten().tolist() == [1.5, 3.25, 0.5, 2.5]
    assert len(read(root, labels="ages.csv", task="classes").classes) == 4


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("a,label\nx,cat\ny,dog\n", "must have a column with the names of the images, such as 0"),
        ("file,a,b\n0,cat,u\n1,dog,v\n", "cannot determine the column of labels beside file"),
        ("file,label\n0,cat\n0,dog\n", 'one label, got "cat" and "dog" for 0.png, rows 2 and 3'),
    ],
)
def test_what_is_wrong_with_a_table_of_labels_is_said(tmp_path: Path, table: str, sentence: str):
    root = folder(tmp_path / "photos", *NAMES)
    (root / "labels.csv").write_text(table)
    with pytest.raises(SteadfitError, match=sentence):
        read(root, labels="labels.csv")


def test_names_that_differ_by_capitals_are_told_apart(tmp_path: Path) -> None:
    root = folder(tmp_path / "p", "A.png", "a.png", "b.png")
    (tmp_path / "l.csv").write_text("file,label\nA.png,x\na.png,y\nB.png,x\n")
    found = labels(read(root, labels=tmp_path / "l.csv"))
    assert found == {"A.png": "x", "a.png": "y", "b.png": "x"}
    (tmp_path / "l.csv").write_text("file,label\nA.PNG,x\nb.png,y\n")
    with pytest.raises(SteadfitError, match=r"may be any of 2 images: A\.png, a\.png"):
        read(root, labels=tmp_path / "l.csv")


def test_a_name_that_may_be_two_images_is_refused(tmp_path: Path) -> None:
    root = folder(tmp_path / "photos", "a/0.png", "b/0.png")
    (root / "labels.csv").write_text("file,label\n0.png,cat\n")
    with pytest.raises(SteadfitError, match=r"row 2: \"0.png\" may be any of 2 images.*Write the"):
        read(root, labels="labels.csv")
    (root / "labels.csv").write_text("file,label\na/0.png,cat\nb/0.png,dog\n")
    assert labels(read(root, labels="labels.csv")) == {"a/0.png": "cat", "b/0.png": "dog"}


def test_a_test_side_and_a_table_for_both(tmp_path: Path) -> None:
    root = folder(tmp_path / "p", "train/0.png", "train/1.png", "test/2.png", "test/3.png")
    (root / "labels.csv").write_text("file,label\n0,a\n1,b\n2,a\n")
    data = read(root, labels="labels.csv")
    assert data.structure.is_test is not None
    assert dict(zip(data.ids, data.structure.is_test.tolist(), strict=True)) == {
        "train/0.png": False, "train/1.png": False, "test/2.png": True,
    }  # fmt: skip
    assert not any("labels.csv lies beside" in note for note in data.notes)


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("{label}_*", ("cat_1.png", "cat_2_x.png", "dog_1.png", "dog_2.png")),
        ("{label}.*", ("cat.1.png", "cat.2.png", "dog.png", "dog.2.png")),
        ("{label}#", ("cat1.png", "cat0002.png", "dog1.png", "dog2.png")),
        ("IMG_*_{label}", ("IMG_1_cat.png", "IMG_2_cat.png", "x/IMG_1_dog.png", "IMG_3_dog.png")),
        ("*/{label}/*", ("x/cat/1.png", "y/cat/2.png", "x/dog/1.png", "x/dog/2.png")),
    ],
)
def test_the_name_has_the_label(tmp_path: Path, pattern: str, names: tuple[str, ...]) -> None:
    found = labels(read(folder(tmp_path / "p", *names), label_from=pattern))
    assert found == {name: "cat" if "cat" in name else "dog" for name in names}


def test_names_that_do_not_fit_are_said(tmp_path: Path) -> None:
    root = folder(tmp_path / "p", "cat_1.png", "dog_1.png", "other.png")
    data = read(root, label_from="{label}_*")
    assert len(data) == 2
    assert any("1 image without a label in the name left out: other.png" in n for n in data.notes)
    with pytest.raises(SteadfitError, match=r"must fit the names of the files, got cat_1\.png"):
        read(root, label_from="{label}-*")
    for wrong in ("cat", "{label}*", "{label}{label}"):
        with pytest.raises(SteadfitError, match=r"must have \{label\} once, and a character"):
            read(root, label_from=wrong)


PATIENTS = [f"{'ab'[k % 2]}/p{k // 4}_{k}.png" for k in range(40)]


@pytest.mark.parametrize("by", ["{group}_*", "*/{group}_*"])
def test_a_group_of_images_stays_on_one_side(tmp_path: Path, by: str) -> None:
    root = folder(tmp_path / "p", *PATIENTS)
    parts = split(read(root, group_by=by))

    def patients(side: Dataset) -> set[str]:
        return {Path(name).name.partition("_")[0] for name in side.ids}

    assert not patients(parts.train) & patients(parts.test)
    assert any({*patients(split(read(root), seed=seed).train)}
               & {*patients(split(read(root), seed=seed).test)} for seed in range(3))  # fmt: skip


def test_a_column_has_the_group(tmp_path: Path) -> None:
    root = folder(tmp_path / "p", *NAMES)
    (root / "l.csv").write_text("file,label,patient\n0,a,x\n1,b,y\n2,a,y\n3,b,x\n")
    data = read(root, labels="l.csv", group_by="patient")
    assert data.structure.groups is not None
    assert data.structure.groups.tolist() == [0, 1, 0, 1]  # 0.png, 2.png, 3.png, more/1.png


def test_an_image_without_a_group_is_said(tmp_path: Path) -> None:
    root = folder(tmp_path / "p", "a/x_1.png", "b/y.png")
    with pytest.raises(SteadfitError, match=r"must fit the name of every image, got b/y\.png"):
        read(root, group_by="{group}_*")


def test_options_that_do_not_go_together(tmp_path: Path) -> None:
    root = folder(tmp_path / "p", "a/1.png", "b/1.png")
    with pytest.raises(SteadfitError, match="labels and label_from both"):
        read(root, labels="l.csv", label_from="{label}_*")
    with pytest.raises(SteadfitError, match=r"are of a table\. Give it: labels"):
        read(root, target="label")


def classes_of(tmp_path: Path, image: Image.Image, suffix: str = "png", each: int = 20) -> Path:
    for label in "ab":
        (tmp_path / label).mkdir(exist_ok=True)
        for k in range(each):
            image.save(tmp_path / label / f"{k}.{suffix}")
    return tmp_path


GREY = np.arange(0, 240, 3, np.uint8).reshape(8, 10)


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_16_bit_files_that_use_fewer(tmp_path: Path, bits: int, suffix: str) -> None:
    """White in training is white in predictions, where a dark picture stays dark."""
    white = 2**bits - 1
    deep = np.rint(GREY / 239 * white).astype(np.uint16)
    deep[-1, -1] = white
    data = read(classes_of(tmp_path, Image.fromarray(deep), suffix))
    x = data.x[0, 0].numpy().astype(float)
    assert np.abs(x - deep / white * 255).max() <= 1
    assert any(f"use {bits} of them: {white} is white" in n for n in data.notes) == (bits < 16)
    dark = tmp_path / f"dark.{suffix}"
    Image.fromarray(deep // 4).save(dark)
    kind = data.schema.kind
    assert isinstance(kind, Images)
    assert np.abs(kind.read(dark, None).x[0, 0].numpy() - x / 4).max() <= 1


@pytest.mark.parametrize(
    ("trained", "used", "said"), [(255, 4095, "too dark"), (4095, 65535, "too bright")]
)
def test_another_white_than_in_training_is_said_at_prediction(
    tmp_path: Path, trained: int, used: int, said: str
) -> None:
    def image(white: int) -> Image.Image:
        values = GREY.astype(int) * white // int(GREY.max())
        return Image.fromarray(values.astype(np.uint8 if white == 255 else np.uint16))

    data = read(classes_of(tmp_path, image(trained), each=3))
    assert isinstance(data.schema.kind, Images)
    image(used).save(tmp_path / "new.png")
    [note] = data.schema.kind.read(tmp_path / "new.png", None).notes
    assert f"values up to {used}: new.png" in note
    assert said in note
    assert data.schema.kind.read(tmp_path / "a", None).notes == ()


def test_the_first_of_several_pictures_is_read_and_it_is_said(tmp_path: Path) -> None:
    classes_of(tmp_path, Image.fromarray(GREY))
    others = [Image.new("L", (10, 8), 77)]
    for suffix in ("tif", "gif"):
        path = tmp_path / "a" / f"z.{suffix}"
        Image.fromarray(GREY).save(path, save_all=True, append_images=others)
    data = read(tmp_path)
    for name in ("a/z.tif", "a/z.gif"):
        assert (data.x[data.ids.index(name), 0].numpy() == GREY).all()
    assert any("2 files with several pictures; the first of each is read: a/z.gif, a/z.tif" in note
               for note in data.notes)  # fmt: skip


def test_a_slight_tint_among_grey_pictures_is_grey(tmp_path: Path) -> None:
    classes_of(tmp_path, Image.fromarray(GREY))
    tint = np.stack([GREY, GREY, np.minimum(GREY + 9, 255).astype(np.uint8)], -1)
    Image.fromarray(tint).save(tmp_path / "a" / "z.png")
    data = read(tmp_path)
    assert data.x.shape[1] == 1
    assert np.abs(data.x[data.ids.index("a/z.png"), 0].numpy() - GREY.astype(int)).max() <= 2
    assert any("1 image among grey ones has a slight tint, taken as grey: a/z.png" in note
               for note in data.notes)  # fmt: skip


def test_a_coloured_picture_among_grey_ones_keeps_its_colour_and_is_named(tmp_path: Path) -> None:
    classes_of(tmp_path, Image.fromarray(GREY))
    Image.new("RGB", (10, 8), (200, 30, 30)).save(tmp_path / "a" / "z.png")
    data = read(tmp_path)
    assert data.x[data.ids.index("a/z.png"), :, 0, 0].tolist() == [200, 30, 30]
    assert any("1 image of 41 has colour (a/z.png), so all have three channels; 40" in note
               for note in data.notes)  # fmt: skip


@pytest.mark.skipif(not pillow_features.check("avif"), reason="this Pillow was built without AVIF")
def test_avif_is_read(tmp_path: Path) -> None:
    classes_of(tmp_path, Image.fromarray(GREY), "avif", each=3)
    (tmp_path / "a" / "0.avif").rename(tmp_path / "a" / "plain")
    data = read(tmp_path)
    assert len(data) == 6
    assert abs(float(data.x[0].float().mean()) - GREY.mean()) < 3


@pytest.mark.parametrize("name", ["z.heic", "z.HEIF", "z"])
def test_heic_is_named_with_what_reads_it(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    classes_of(tmp_path, Image.fromarray(GREY))
    (tmp_path / "a" / name).write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100))
    said = "a HEIC picture, which pillow-heif reads: pip install 'steadfit[heic]'"
    assert any(f"a/{name} is left out" in note and said in note for note in read(tmp_path).notes)
    with pytest.raises(SteadfitError, match=re.escape(said)):
        read_images(tmp_path / "a" / name, 1, Frame(8, 10))


@pytest.fixture
def _decoders_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """pillow-heif is registered for one test alone."""
    monkeypatch.setattr(Image, "OPEN", dict(Image.OPEN))
    monkeypatch.setattr(Image, "ID", list(Image.ID))
    pictures._formats.cache_clear()
    yield
    pictures._formats.cache_clear()


@pytest.mark.usefixtures("_decoders_anew")
def test_heic_is_read_with_the_extra(tmp_path: Path) -> None:
    """In training and predicting alike, and turned upright."""
    heif = pytest.importorskip("pillow_heif", reason="pip install 'steadfit[heic]'")
    large = Image.fromarray(np.repeat(np.repeat(GREY, 8, 0), 8, 1)).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6
    heif.register_heif_opener()
    for label in "ab":
        (tmp_path / label).mkdir()
        for k in range(3):
            large.rotate(90, expand=True).save(
                tmp_path / label / f"{k}.heic", quality=95, exif=exif.tobytes()
            )
    data = read(tmp_path)
    assert data.x.shape[2:] == (51, 64)
    again = read_images(tmp_path / "a" / "0.heic", data.x.shape[1], Frame(51, 64)).x
    assert torch.equal(again[0], data.x[0])
    wanted = np.asarray(large.convert("L").resize((64, 51))).astype(float)
    assert np.abs(data.x[0, 0].numpy() - wanted).mean() < 6


def test_many_files_that_need_the_same_are_one_note(tmp_path: Path) -> None:
    classes_of(tmp_path, Image.fromarray(GREY))
    for k in range(30):
        (tmp_path / "a" / f"{k}.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    with pytest.raises(SteadfitError, match=r"got 30 of 70.*\n30 images are left out \(.*HEIC"):
        read(tmp_path)


def smooth(seed: int, size: tuple[int, int] = (40, 40)) -> Image.Image:
    return picture(12, seed).resize(size, Image.Resampling.BICUBIC)


CHANGES: Mapping[str, Callable[[Image.Image], Image.Image]] = {
    "brighter": lambda image: image.point(lambda v: min(255, int(v * 0.9 + 20))),
    "larger": lambda image: image.resize((80, 80), Image.Resampling.BICUBIC),
    "noise": lambda image: Image.fromarray(
        np.clip(np.asarray(image) + RNG.normal(0, 4, (40, 40)), 0, 255).astype(np.uint8)
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_near_copies_are_named(tmp_path: Path, change: str) -> None:
    for k in range(30):
        (tmp_path / "ab"[k % 2]).mkdir(exist_ok=True)
        smooth(k).save(tmp_path / "ab"[k % 2] / f"{k:02}.png")
    assert not any("nearly the same" in note for note in read(tmp_path).notes)
    CHANGES[change](smooth(5)).save(tmp_path / "b" / "copy.png")
    expected = "1 image nearly the same as another one, which a split may divide: b/05.png and b/co"
    assert any(expected in note for note in read(tmp_path).notes)
    (tmp_path / "b" / "05.png").rename(tmp_path / "b" / "copy_05.png")
    for k in range(30):
        if k != 5:
            path = tmp_path / "ab"[k % 2] / f"{k:02}.png"
            path.rename(path.with_name(f"{k}_{k}.png"))
    (tmp_path / "b" / "copy.png").rename(tmp_path / "b" / "copy_1.png")
    grouped = read(tmp_path, group_by="{group}_*")
    assert not any("nearly the same" in note for note in grouped.notes)


def test_near_copies_on_one_side_of_an_own_test_set_are_not_named(tmp_path: Path) -> None:
    for side, seeds in (("train", range(20)), ("test", range(20, 26))):
        for k in seeds:
            (tmp_path / side / "ab"[k % 2]).mkdir(parents=True, exist_ok=True)
            smooth(k).save(tmp_path / side / "ab"[k % 2] / f"{k}.png")
    CHANGES["brighter"](smooth(4)).save(tmp_path / "train" / "a" / "again.png")
    assert not any("nearly the same" in note for note in read(tmp_path).notes)
    CHANGES["brighter"](smooth(4)).save(tmp_path / "test" / "a" / "again.png")
    assert any("on both sides of the test set: train/a/4.png and" in note
               or "on both sides of the test set: test/a/again.png and" in note
               for note in read(tmp_path).notes)  # fmt: skip
