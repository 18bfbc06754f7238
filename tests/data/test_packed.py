"""Compressed tables: the same values as the file that was packed, or a sentence says why not."""

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import steadfit as sf
from steadfit.data import Table, read
from steadfit.errors import SteadfitError

CONTENT = b"a;b;label\n0,5;7;x\n1,5;8;y\n2,5;9;x\n"


def zipped(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def from_mac(content: bytes) -> bytes:
    return zipped(
        {"data/": b"", "data/t.csv": content, "._t.csv": b"\0", "__MACOSX/data/._t.csv": b"\0\5"}
    )


def written(folder: Path, name: str, content: bytes) -> Path:
    (folder / name).write_bytes(content)
    return folder / name


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("t.csv.gz", gzip.compress),
        ("t.csv.bz2", bz2.compress),
        ("t.csv.xz", lzma.compress),
        ("t.csv.zip", lambda content: zipped({"other.csv": content})),
        ("t.zip", from_mac),
        ("t.CSV.GZ", gzip.compress),
        ("t.tsv.gz", gzip.compress),
        ("t.csv", gzip.compress),  # as browsers and servers leave it
        ("t.csv.gz", lambda content: content),  # unpacked on the way, under its old name
        ("t.csv.gz", lambda content: gzip.compress(content[:9]) + gzip.compress(content[9:])),
    ],
)
def test_a_packed_table_has_the_values_of_the_plain_one(
    tmp_path: Path, name: str, pack: Callable[[bytes], bytes]
) -> None:
    data = read(written(tmp_path, name, pack(CONTENT)))
    assert isinstance(data.x, Table)
    assert data.name == "t"
    assert data.x.values.tolist() == [[0.5, 7], [1.5, 8], [2.5, 9]]
    assert data.y.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("t.csv.gz", gzip.compress(CONTENT)[:-9], "cannot be unpacked"),
        ("t.csv.bz2", bz2.compress(CONTENT)[:-9], "cannot be unpacked"),
        ("t.csv.xz", lzma.compress(CONTENT)[:-9], "cannot be unpacked"),
        ("t.zip", zipped({"t.csv": CONTENT})[:-9], "cannot be unpacked"),
        ("t.csv.gz", gzip.compress(CONTENT)[:-8] + bytes(8), "cannot be unpacked"),
        ("t.zip", zipped({"a.csv": CONTENT, "b.csv": CONTENT}), "must have one file in it, got a"),
        ("t.zip", zipped({}), "must have one file in it, got none"),
        ("t.csv", zipped({"[Content_Types].xml": b"", "a.xml": b""}), "is a workbook of Excel"),
        ("t.parquet.gz", gzip.compress(CONTENT), "kind of file"),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else None,  # gzip's bytes have the time
)
def test_what_cannot_be_unpacked_is_refused(
    tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    with pytest.raises(SteadfitError, match=told):
        read(written(tmp_path, name, content))


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("t.csv.gz", gzip.compress),
        ("t.csv.bz2", bz2.compress),
        ("t.csv.xz", lzma.compress),
        ("t.zip", lambda content: zipped({"t.csv": content})),
    ],
)
def test_a_file_made_to_fill_the_memory_is_refused_before_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, pack: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr("steadfit.machine._SMALL", 10 * 2**20)
    path = written(tmp_path, name, pack(bytes(32 * 2**20)))
    with pytest.raises(SteadfitError, match="made to fill the memory"):
        read(path)


def test_a_model_reads_packed_rows_as_it_reads_plain_ones(tmp_path: Path) -> None:
    rows = [f"{i / 7},{i % 5}" for i in range(40)]
    labelled = "a,b,label\n" + "".join(f"{row},{'xy'[i % 2]}\n" for i, row in enumerate(rows))
    plain = written(tmp_path, "new.csv", ("a,b\n" + "\n".join(rows)).encode())
    packed = written(tmp_path, "new.csv.gz", gzip.compress(plain.read_bytes()))
    data = read(written(tmp_path, "t.csv.gz", gzip.compress(labelled.encode())))
    model = sf.fit(data, training={"epochs": 1}, out=tmp_path / "run").model
    assert model.predict(packed).tolist() == model.predict(plain).tolist()
