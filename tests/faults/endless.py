"""What takes the place of a good file to hang its reader or to fill the memory."""

import json
import os
import socket
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import safetensors.numpy
from PIL import Image

Plant = Callable[[Path], object]
Sized = Callable[[Path, float], object]  # and the share of the full size


def a_socket(path: Path) -> None:
    before = os.getcwd()
    os.chdir(path.parent)  # its name may be no longer than some 100 bytes
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(before)


def a_terabyte(path: Path) -> None:
    """Of nothing: it takes no room on the disk."""
    path.touch()
    os.truncate(path, 10**12)


PLACES: dict[str, Plant] = {
    "a pipe": os.mkfifo,
    "a link to an endless device": lambda path: path.symlink_to("/dev/zero"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a folder": Path.mkdir,
    "a socket": a_socket,
    "a terabyte": a_terabyte,
}


def zeros(path: Path, scale: float) -> None:
    n = int(10_000_000 * scale)
    np.savez_compressed(path, x=np.zeros((n, 28, 8), np.uint8), y=np.zeros(n))


def members(path: Path, scale: float) -> None:
    """A list of two million arrays, and no array."""
    count = int(2_000_000 * scale)
    entry = struct.Struct("<IHHHHHHIIIHHHHHII7s")
    first = (0x02014B50, 45, 45, *[0] * 7, 7, *[0] * 6)
    listed = b"".join(entry.pack(*first, b"%07d" % i) for i in range(count))
    end64 = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, len(listed), 0)
    where = struct.pack("<IIQI", 0x07064B50, 0, len(listed), 1)
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    path.write_bytes(listed + end64 + where + end)


def zeros_of_a_replica(path: Path, scale: float) -> None:
    np.savez_compressed(path, logits=np.zeros((int(500_000_000 * scale), 1), np.float32))


def zeros_of_points(path: Path, scale: float) -> None:
    n = int(500_000_000 * scale)
    np.savez_compressed(path, x=np.zeros(n, np.uint8), y=np.zeros(n, np.uint8), texts=np.zeros(2))


def nested_texts_of_points(path: Path, scale: float) -> None:
    texts = np.frombuffer(b"[" + b"[]," * int(100_000_000 * scale) + b"0]", np.uint8)
    np.savez_compressed(path, x=np.zeros(2), y=np.zeros(2), texts=texts)


def a_column(path: Path, scale: float) -> None:
    n = int(200_000_000 * scale)
    values = {"a": pa.array(np.zeros(n, np.int8)), "label": pa.array(np.zeros(n, np.int8))}
    pq.write_table(pa.table(values), path)


def a_cell(path: Path, scale: float) -> None:
    cells = ["a" * int(1_000_000_000 * scale), "b"]
    pq.write_table(pa.table({"a": cells, "label": ["x", "y"]}), path, compression="zstd")


def columns_of_parquet(path: Path, scale: float) -> None:
    n = int(200_000 * scale)
    pq.write_table(pa.table({f"c{i}": [1] for i in range(n)} | {"label": ["x"]}), path)


def a_lying_footer(path: Path, scale: float) -> None:
    """Of a page that unpacks to 1 GB: two bytes, it says."""
    a_cell(path, scale)
    group = pq.read_metadata(path).row_group(0)
    content = path.read_bytes()
    for size in (group.total_byte_size, group.column(0).total_uncompressed_size):
        true = zigzag(size)
        content = content.replace(true, b"\x84" + b"\x80" * (len(true) - 2) + b"\0")
    path.write_bytes(content)


def zigzag(number: int) -> bytes:
    """A positive number as Thrift's compact protocol writes it."""
    number, parts = 2 * number, []
    while number > 127:
        parts.append(128 | number & 127)
        number >>= 7
    return bytes([*parts, number])


def one_text(path: Path, scale: float) -> None:
    """Of 100 MB, in all rows and once in the file."""
    a_category(path, scale, store_schema=False)


def a_category(path: Path, scale: float, **settings: Any) -> None:
    """The same, which Arrow reads as a dictionary."""
    text = pa.array(["a" * int(100_000_000 * scale)])
    rows = pa.array([0] * 200, pa.int32())
    written_once(path, pa.DictionaryArray.from_arrays(rows, text), **settings)


def alike(path: Path, scale: float) -> None:
    """The same in an encoding that stores only how each text differs from the last."""
    texts = pa.array(["a" * int(1_000_000 * scale)] * 1_000)
    encoding = {"a": "DELTA_BYTE_ARRAY", "label": "PLAIN"}
    written_once(path, texts, use_dictionary=False, column_encoding=encoding)


def written_once(path: Path, texts: pa.Array, **settings: Any) -> None:
    labels = pa.array(["x", "y"] * (len(texts) // 2))
    pq.write_table(
        pa.table({"a": texts, "label": labels}), path,
        compression="zstd", data_page_size=10**9, dictionary_pagesize_limit=10**9, **settings,
    )  # fmt: skip


def a_list(path: Path, scale: float) -> None:
    n = int(200_000_000 * scale)
    cells = pa.ListArray.from_arrays([0, n, n], pa.array(np.zeros(n, np.int8)))
    pq.write_table(pa.table({"a": cells, "label": ["x", "y"]}), path)


def a_line(path: Path, scale: float) -> None:
    path.write_text("abcdefghij" * int(1_000_000 * scale))


def a_line_of_words(path: Path, scale: float) -> None:
    words = "a b " * int(1_000_000 * scale)
    path.write_text(f"a,label\nx,{words}\ny,{words}\n")


def a_long_series(path: Path, scale: float) -> None:
    row = ",".join(["1"] * int(2_000_000 * scale))
    path.write_text(f"@problemName u\n@classLabel true 0 1\n@data\n{row}:0\n{row}:1\n")


def columns(path: Path, scale: float) -> None:
    n = int(1_000_000 * scale)
    names = ",".join(f"c{i}" for i in range(n))
    path.write_text(f"{names},label\n" + ("1," * n + "x\n") * 2)


def an_open_quote(path: Path, scale: float) -> None:
    path.write_text("a,b,c,label\n" + '"' + "1,2,3,x\n" * int(5_000_000 * scale))


def pixels(depth: int, colour: int) -> Sized:
    """A PNG of as many pixels as are decoded at all, each of the same colour."""

    def write(path: Path, scale: float) -> None:
        side = int(9400 * scale**0.5)
        channels = {0: 1, 2: 3, 6: 4}[colour]
        row = bytes(1 + side * channels * depth // 8)
        packer = zlib.compressobj(9)
        body = b"".join([*(packer.compress(row) for _ in range(side)), packer.flush()])
        head = struct.pack(">IIBBBBB", side, side, depth, colour, 0, 0, 0)
        chunks = [
            struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
            for chunk in (b"IHDR" + head, b"IDAT" + body, b"IEND")
        ]
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))

    return write


def image(kind: str, mode: str) -> Sized:
    def write(path: Path, scale: float) -> None:
        side = int(9400 * scale**0.5)
        packed = {"compression": "tiff_deflate"} if kind == "TIFF" else {}
        Image.new(mode, (side, side)).save(path, kind, **packed)

    return write


def with_values(change: Callable[[Any, float], object]) -> Sized:
    """JSON as it was, but for some of it. The good file is beside it, as `kept`."""

    def write(path: Path, scale: float) -> None:
        known = json.loads(path.with_name("kept").read_bytes())
        change(known, scale)
        path.write_text(json.dumps(known))

    return write


def preparations(known: Any, scale: float) -> None:
    known["preparations"] *= int(100_000 * scale)


def shape(known: Any, scale: float) -> None:
    known["shape"] = [1, 10**6, 10**6]
    known["schema"]["kind"] |= {"height": 10**6, "width": 10**6}


def layers(known: Any, scale: float) -> None:
    known["recipe"]["model"]["name"] = "relu; " * int(1_000_000 * scale)


def allowed_layers(known: Any, scale: float) -> None:
    known["recipe"]["model"] = {"name": "; ".join(["linear 1"] * 1_900), "settings": {}}


def wide(known: Any, scale: float) -> None:
    known["recipe"]["model"]["settings"]["width"] = 1e9


def horizon(known: Any, scale: float) -> None:
    known["schema"]["task"]["horizon"] = 10**9


def repeated(path: Path, scale: float) -> None:
    """What NumPy would repeat for each example and each column."""
    arrays = safetensors.numpy.load_file(path.with_name("kept"))
    arrays["mean"] = np.zeros((int(40_000_000 * scale), 1, len(arrays["mean"])), np.int8)
    safetensors.numpy.save_file(arrays, path)


def forest(path: Path, scale: float) -> None:
    """Trees without end, each a single leaf."""
    arrays = safetensors.numpy.load_file(path.with_name("kept"))
    trees = np.full(int(100_000_000 * scale), int(arrays["leaf"].argmax()), np.int8)
    safetensors.numpy.save_file(arrays | {"roots": trees, "output": trees}, path)


def chain_of_nodes(path: Path, scale: float) -> None:
    """One tree, which is as deep as it has nodes."""
    arrays = safetensors.numpy.load_file(path.with_name("kept"))
    n = int(10_000_000 * scale)
    of_node = dict.fromkeys(("column", "threshold", "missing_left", "value"), np.zeros(n, np.int8))
    onwards, leaf = np.arange(1, n + 1, dtype=np.int32), np.arange(n) == n - 1
    one = {"roots": np.zeros(1, np.int64), "output": np.zeros(1, np.int64)}
    arrays |= of_node | one | {"left": onwards, "right": onwards, "leaf": leaf}
    safetensors.numpy.save_file(arrays, path)


def classes(known: Any, scale: float) -> None:
    known["schema"]["task"]["names"] = [f"c{i}" for i in range(int(1_000_000 * scale))]


def replicas(known: Any, scale: float) -> None:
    for arm in known["arms"]:
        key = arm["tested"][0][0]
        arm["drawn"] = [[key] * int(500_000 * scale)]


def long_key(known: Any, scale: float) -> None:
    for arm in known["arms"]:
        arm["drawn"] = [["." * int(50_000_000 * scale), "a"]]


def arms(known: Any, scale: float) -> None:
    """Of the study and its figures, as many as the bound on values allows."""
    for found in (known["arms"], known["analysis"]["arms"]):
        found *= int(6_000 * scale)


def best_arm(known: Any, scale: float) -> None:
    """Two names that are alike, and that only a comparison of all their letters tells apart."""
    name = "".join(chr(0x4E00 + i * 7919 % 20_000) for i in range(int(1_000_000 * scale)))
    known["arms"][0]["name"] = name
    known["analysis"]["best"] = name[1:] + "a"


def curves(known: Any, scale: float) -> None:
    known["curves"] = {"train_loss": [0.5] * int(10_000_000 * scale)}


def brackets(path: Path, scale: float) -> None:
    path.write_bytes(b"[" * int(100_000_000 * scale))


def empty_lists(path: Path, scale: float) -> None:
    path.write_bytes(b"[" + b"[]," * int(100_000_000 * scale) + b"0]")


def header(path: Path, scale: float) -> None:
    """For a million tensors without a value."""
    claims = {
        f"w{i}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
        for i in range(int(1_000_000 * scale))
    }
    content = json.dumps(claims).encode()
    path.write_bytes(len(content).to_bytes(8, "little") + content)


def allowed_header(path: Path, scale: float) -> None:
    """As long as it may be."""
    claims = {f"{i}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for i in range(60_000)}
    content = json.dumps(claims, separators=(",", ":")).encode()
    path.write_bytes(len(content).to_bytes(8, "little") + content)


TABLES = (
    "a table",
    "a long table",
    "a table to forecast",
    "a table of texts",
    "a table to predict",
)
MODELS = ("a model", "a language model", "a forecasting model", "a model of texts")
JSON = ("a model", "a result", "a replica", "a store", "a reference", "a fit", "facts of a run")
RESULT = ("a result", "a result to predict from")
FILES: dict[str, tuple[tuple[str, ...], Sized]] = {
    "an npz of zeros": (("an npz", "an npz to predict"), zeros),
    "an npz of 2 million arrays": (("an npz", "an npz to predict", "test points"), members),
    "predictions of zeros": (("a replica's predictions",), zeros_of_a_replica),
    "points of zeros": (("test points",), zeros_of_points),
    "points of nested texts": (("test points",), nested_texts_of_points),
    "a Parquet column of zeros": (("parquet",), a_column),
    "a Parquet cell of 1 GB": (("parquet",), a_cell),
    "a Parquet footer that calls 1 GB two bytes": (("parquet",), a_lying_footer),
    "a Parquet text of 100 MB in 200 rows": (("parquet",), one_text),
    "a Parquet category of 100 MB in 200 rows": (("parquet",), a_category),
    "1,000 Parquet texts that begin alike": (("parquet",), alike),
    "a Parquet list of 200 million zeros": (("parquet",), a_list),
    "200,000 Parquet columns": (("parquet",), columns_of_parquet),
    "a text of one line": (("text", "lines to predict"), a_line),
    "a cell of 2,000,000 words": (("a table of texts", "texts to predict"), a_line_of_words),
    "a series of 2,000,000 steps": (("ts", "ts to predict"), a_long_series),
    "1,000,000 columns": (TABLES, columns),
    "a quote that never closes": (TABLES, an_open_quote),
    "a PNG of 88 million grey pixels": (("a png",), pixels(8, 0)),
    "a PNG of 88 million pixels with 16 bits": (("a png",), pixels(16, 0)),
    "a PNG of 88 million transparent pixels": (("a png", "an image to predict"), pixels(8, 6)),
    "a JPEG of 88 million pixels": (("a jpeg",), image("JPEG", "RGB")),
    "a GIF of 88 million pixels": (("a png",), image("GIF", "P")),
    "a TIFF of 88 million numbers": (("a png",), image("TIFF", "I")),
    "100,000 members": (("a model", "a forecasting model"), with_values(preparations)),
    "examples of 10¹² values": (("a model",), with_values(shape)),
    "a million layers": (("a model", "a language model"), with_values(layers)),
    "1,900 layers": (("a model",), with_values(allowed_layers)),
    "a width of 10⁹": (MODELS, with_values(wide)),
    "a forecast of 10⁹ steps": (("a reference without weights",), with_values(horizon)),
    "a reference's mean to be repeated": (("what a reference learned",), repeated),
    "100 million trees": (("trees",), forest),
    "a tree as deep as it has nodes": (("trees",), chain_of_nodes),
    "a million classes": (("a model",), with_values(classes)),
    "a header for a million tensors": (
        ("weights", "its weights", "a replica's weights", "trees"),
        header,
    ),
    "60,000 tensors": (("weights", "its weights"), allowed_header),
    "a million replicas of two arms": (RESULT, with_values(replicas)),
    "a key of 50 MB": (RESULT, with_values(long_key)),
    "12,000 arms": (RESULT, with_values(arms)),
    "a best arm with a name of 1,000,000 letters": (RESULT, with_values(best_arm)),
    "10 million losses": (("a replica",), with_values(curves)),
    "100 million brackets": (JSON, brackets),
    "100 million empty lists": (JSON, empty_lists),
}
