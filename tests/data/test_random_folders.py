"""Folders of images written at random by a program, as people, cameras and systems leave them: the
pixels, labels, sides and groups come back, or the folder is refused in a sentence; never others.

`STEADFIT_FOLDERS=500` draws so many; STEADFIT_FOLDERS_FROM is the first one's number.
"""

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from steadfit.data import Dataset, read
from steadfit.errors import SteadfitError

COUNT = int(os.environ.get("STEADFIT_FOLDERS", "60"))
FIRST = int(os.environ.get("STEADFIT_FOLDERS_FROM", "0"))
SIDE = 8
NAMES = (("cat", "dog"), ("cat", "dog", "Vögel"), ("1", "2"), ("not so good", "good"))
SAVED = ("png", "png", "bmp", "tif", "gif", "webp", "jpg")
TURNED = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90,
          8: Image.Transpose.ROTATE_270}  # fmt: skip
LEFT = ("__MACOSX/._a.png", "@eaDir/a.png", "Thumbs.db", ".ipynb_checkpoints/a.png", "._b.png")


@dataclass(frozen=True)
class Layout:
    """How a folder is written. labels: by the folders, a table or the names. sides: train and test.
    deep: files in folders below. bits: of a pixel, more than 8 in 16-bit files. suffixes: the usual
    ones, none or wrong ones. group: whether names have one. odd: what lies beside the images.
    again: the same names on both sides. conflict: two labels of an image in the table."""

    labels: str
    sides: tuple[str, str] | None
    deep: bool
    bits: int
    suffixes: str
    group: bool
    colour: bool
    odd: tuple[str, ...]
    damaged: bool
    again: bool
    conflict: bool
    table: tuple[str, str, str]


def drawn(rng: np.random.Generator) -> Layout:
    def one(*choices):
        return choices[rng.integers(len(choices))]

    return Layout(
        labels=one("folders", "folders", "table", "names"),
        sides=one(None, None, ("train", "test"), ("Training", "TEST"), ("train", "val")),
        deep=rng.random() < 0.2,
        bits=one(8, 8, 8, 10, 12, 16),
        suffixes=one("usual", "usual", "none", "wrong"),
        group=rng.random() < 0.3,
        colour=rng.random() < 0.3,
        odd=tuple(name for name in (*LEFT, "notes.txt") if rng.random() < 0.2),
        damaged=rng.random() < 0.1,
        again=rng.random() < 0.4,
        conflict=rng.random() < 0.2,
        table=(one(",", ";", "\t"), one("path", "name", "stem", "backslashes"), one("a", "label")),
    )


@dataclass(frozen=True)
class Written:
    """pixels: uint8, as they should come back. allowed: by how much they may differ."""

    pixels: np.ndarray
    allowed: int
    label: str
    is_test: bool
    group: str


def saved(path: Path, pixels: np.ndarray, how: Layout, kind: str, turn: int) -> int:
    """Write pixels to a file of this kind. Returns by how much they may differ."""
    if how.bits > 8:
        white = 2**how.bits - 1
        deep = np.rint(pixels.astype(float) / 255 * white).astype(np.uint16)
        Image.fromarray(deep).save(path, "png" if kind in ("gif", "bmp", "jpg", "webp") else "tiff")
        return 1
    image = Image.fromarray(pixels)
    options: dict = {"jpg": {"quality": 100, "subsampling": 0}, "webp": {"lossless": True}}.get(
        kind, {}
    )
    if turn != 1 and kind in ("png", "webp", "jpg"):
        image = image.transpose(TURNED[turn])
        exif = Image.Exif()
        exif[0x0112] = turn
        options["exif"] = exif
    name = {"jpg": "jpeg", "tif": "tiff"}.get(kind, kind)
    image.save(path, name, **options)
    return {"jpg": 12, "gif": 0 if pixels.ndim == 2 else 60}.get(kind, 0)


def fill(root: Path, rng: np.random.Generator, how: Layout) -> dict[str, Written]:
    """The folder's files, by their paths below it; what else lies there is no image."""
    classes = NAMES[rng.integers(len(NAMES))]
    written: dict[str, Written] = {}
    count = int(rng.integers(8, 24))
    for k in range(count):
        is_test = how.sides is not None and k >= count - len(classes) * 2
        number = k - (count - len(classes) * 2) if is_test else k
        group = f"p{number % 4 if how.again else int(rng.integers(0, 4))}"
        kind = SAVED[rng.integers(len(SAVED))]
        label = classes[number % len(classes)]
        name = f"{label}_{group}_{number:03}"
        suffix = {"usual": f".{kind}", "none": "", "wrong": ".png"}[how.suffixes]
        folders = [how.sides[is_test]] if how.sides else []
        folders += [label] if how.labels == "folders" else []
        folders += ["more"] if how.deep and k % 3 == 0 else []
        path = root.joinpath(*folders, name + suffix)
        path.parent.mkdir(parents=True, exist_ok=True)
        shape = (SIDE, SIDE, 3) if how.colour and how.bits == 8 else (SIDE, SIDE)
        pixels = rng.integers(0, 256, shape, np.uint8)
        pixels[0, 0] = 255  # so that 16-bit files show how many bits they use
        allowed = saved(path, pixels, how, kind, [1, 1, 3, 6, 8][rng.integers(5)])
        place = path.relative_to(root).as_posix()
        written[place] = Written(pixels, allowed, label, is_test, group)
    for odd in how.odd:
        (root / odd).parent.mkdir(parents=True, exist_ok=True)
        (root / odd).write_bytes(b"left behind")
    return written


def options_of(root: Path, rng: np.random.Generator, how: Layout, written: dict[str, Written]):
    """What `read` is told; writes the table of labels."""
    options: dict = {"size": SIDE}
    if how.group:
        options["group_by"] = "*_{group}_*"
    if how.labels == "names":
        options["label_from"] = "{label}_*"
    if how.labels == "table":
        mark, form, column = how.table
        name_of = {
            "path": lambda path: path,
            "name": lambda path: Path(path).name,
            "stem": lambda path: Path(path).stem,
            "backslashes": lambda path: "C:\\photos\\" + path.replace("/", "\\"),
        }[form]
        lines = [f"{name_of(path)}{mark}{one.label}" for path, one in written.items()]
        if how.conflict:
            lines.append(lines[0] + " or not")
        order = rng.permutation(len(lines))
        text = "\n".join([f"file{mark}{column}", *(lines[i] for i in order)]) + "\n"
        (root / "labels.csv").write_text(text)
        options["labels"] = "labels.csv"
    return options


def outcome(seed: int, folder: Path) -> str:
    """ "equal" or the refusal. Fails where other pixels, labels, sides or groups come back."""
    rng = np.random.default_rng(seed)
    how = drawn(rng)
    root = folder / f"photos{seed}"
    root.mkdir()
    written = fill(root, rng, how)
    options = options_of(root, rng, how, written)
    if how.damaged:
        place = next(path for path in written if "_000" in path)
        (root / place).write_bytes(b"")
        del written[place]
        options["damaged"] = 0.3
    try:
        data = read(root, **options)
    except SteadfitError as error:
        return str(error)
    assert not (how.conflict and how.labels == "table"), (seed, how, "took one of two labels")
    check(data, written, how, seed)
    return "equal"


def check(data: Dataset, written: dict[str, Written], how: Layout, seed: int) -> None:
    assert set(data.ids) == set(written), (seed, how)
    classes = list(data.schema.task.labels(data.y))
    tests = data.structure.is_test
    of_group: dict[int, set[str]] = {}
    for place, pixels, label, i in zip(data.ids, data.x.numpy(), classes, range(10**6)):  # noqa: B905
        expected = written[place]
        whole = expected.pixels if expected.pixels.ndim == 3 else expected.pixels[..., None]
        difference = np.abs(pixels.transpose(1, 2, 0).astype(int) - whole)
        assert difference.max() <= expected.allowed, (seed, how, place)
        assert label == expected.label, (seed, how, place)
        assert (tests is not None and bool(tests[i])) == expected.is_test, (seed, how, place)
        if data.structure.groups is not None:
            of_group.setdefault(int(data.structure.groups[i]), set()).add(expected.group)
    assert how.group == bool(of_group), (seed, how)
    assert all(len(names) == 1 for names in of_group.values()), (seed, how)
    assert len(of_group) == (len({each.group for each in written.values()}) if how.group else 0)


def test_folders_come_back_or_a_sentence_says_why(tmp_path: Path) -> None:
    found: Counter[str] = Counter()
    for seed in range(FIRST, FIRST + COUNT):
        result = outcome(seed, tmp_path)
        found["equal" if result == "equal" else "refused"] += 1
        assert result == "equal" or result.endswith("."), (seed, result)
    print(dict(found))
    assert found["equal"] > 0.6 * COUNT, found  # a reader that refuses everything is no use
