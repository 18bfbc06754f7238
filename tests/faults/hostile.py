"""What makes a good file a hostile one: damage to bytes, to JSON, and files that would run code."""

import io
import json
import pickle
import struct
import sys
import zipfile
import zlib
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st

OUTSIDE = "../outside"  # a file that nothing may open
FORBIDDEN = frozenset(
    {
        "pickle.find_class",
        "os.system",
        "os.exec",
        "os.fork",
        "os.posix_spawn",
        "subprocess.Popen",
        "socket.connect",
        "ctypes.dlopen",
    }
)
happened: list[str] = []


def watch(event: str, arguments: tuple) -> None:
    """An audit hook: what was executed, and which files outside the folder were opened."""
    if event in FORBIDDEN:
        happened.append(event)
    elif event == "open" and str(arguments[0]).endswith("outside"):
        happened.append(f"open {arguments[0]}")


sys.addaudithook(watch)


class Touch:
    """Unpickling this would write a file, and `watch` would see it."""

    def __reduce__(self) -> tuple:
        return Path.touch, (Path(OUTSIDE),)


def zipped(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def npy(header: dict[str, Any], content: bytes = b"") -> bytes:
    """An .npy file with this header, whatever it claims."""
    text = repr(header).encode().ljust(118) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + content


def npz_that_claims(descr: Any, shape: Any) -> bytes:
    member = npy({"descr": descr, "fortran_order": False, "shape": shape}, bytes(64))
    return zipped({"x.npy": member, "y.npy": member})


def png_that_claims(width: int, height: int) -> bytes:
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = b"IDAT" + zlib.compress(bytes(1000))
    chunks = [
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in (head, body, b"IEND")
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def checkpoint() -> bytes:
    file = io.BytesIO()
    torch.save({"w": Touch()}, file)
    return file.getvalue()


def objects() -> bytes:
    file, traps = io.BytesIO(), np.array([Touch()] * 4, object)
    np.savez(file, x=traps, y=traps, logits=traps)
    return file.getvalue()


_CLAIM = b'{"w":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4]}}'
WHOLE = {
    "nothing": b"",
    "a pickle": pickle.dumps(Touch()),
    "an old pickle": pickle.dumps(Touch(), 0),
    "a checkpoint": checkpoint(),
    "an npz of objects": objects(),
    "a zip of pickles": zipped({"x.npy": pickle.dumps(Touch()), "y.npy": pickle.dumps(Touch())}),
    "a zip that leaves": zipped({OUTSIDE: b"", "/tmp/outside": b"", "x": b"x"}),
    "terabytes": npz_that_claims("<f8", (1 << 40,)),
    "more than there is": npz_that_claims("<f8", (1 << 62, 1 << 62)),
    "negative": npz_that_claims("<f8", (-1, 8, 8)),
    "objects claimed": npz_that_claims("|O", (4,)),
    "long text": npz_that_claims("<U1000000000", (4,)),
    "structures": npz_that_claims([("a", "<f8"), ("b", "|O")], (4,)),
    "code": b"__import__('os').system('touch outside')",
    "a page": b"<!DOCTYPE html><html><script>alert(1)</script></html>",
    "a large image": png_that_claims(60_000, 60_000),
    "an endless image": png_that_claims(2**31 - 1, 2**31 - 1),
    "nul": bytes(1000),
    "nested": b"[" * 100_000,
    "weights that claim": struct.pack("<Q", len(_CLAIM)) + _CLAIM + bytes(4),
}
WORDS = (
    b"nan", b"1e999", b"-1e999", b"99999999999999999999999", b"\x00", b'"', b"'", b",", b":", b"\n",
    b"\r", b"\xff\xfe", b"\xef\xbb\xbf", b"@data\n", b"@classLabel\n", b"?", b"(0,1)", b"{", b"}",
    b"[", b"null", b"../outside", b"\xe2\x80\xae", b"=1+1", b"True", b"0x10", b"1_000", b"  ",
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """Any file of `WHOLE`, random bytes, or this one cut, flipped, spliced or with words set in."""
    kind = draw(st.sampled_from(["whole", "random", "edits", "edits", "edits"]))
    if kind == "whole":
        return WHOLE[draw(st.sampled_from(sorted(WHOLE)))]
    if kind == "random":
        return draw(st.binary(max_size=300))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(0, len(content) - 1)))
        edit = draw(st.sampled_from(["cut", "flip", "word", "double", "drop", "random"]))
        if edit == "cut":
            content = content[:place]
        elif edit == "flip" and content:
            flipped = content[place] ^ (1 << draw(st.integers(0, 7)))
            content = content[:place] + bytes([flipped]) + content[place + 1 :]
        elif edit == "word":
            content = content[:place] + draw(st.sampled_from(WORDS)) + content[place:]
        elif edit == "double":
            content = content[:place] + content[place // 2 :]
        elif edit == "drop":
            content = content[:place] + content[place + draw(st.integers(1, 50)) :]
        else:
            content = (
                content[:place] + draw(st.binary(min_size=1, max_size=20)) + content[place + 8 :]
            )
    return content


VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 1, 2**31, 2**63, 10**30, -0.5, 1e308, float("nan"), float("inf"), "", "x",
    "../outside", "/etc/passwd", "os.system", "__import__('os').system('touch outside')",
    "!!python/object/apply:os.system", "\x00", "\ud800", "a" * 10_000, [], {}, [[]], [1] * 100,
    {"__class__": "os"}, {"a": {"b": 1}}, "conv 5 5; relu", "lstm", "linear 1000000000",
)  # fmt: skip


@st.composite
def altered(draw: st.DrawFn, content: bytes) -> bytes:
    """JSON with up to three of its values replaced, dropped or added; else `damaged`."""
    if draw(st.integers(0, 4)) == 0:
        return draw(damaged(content))
    tree = json.loads(content)
    for _ in range(draw(st.integers(1, 3))):
        owner, key = draw(st.sampled_from(list(_places(tree)) or [(tree, None)]))
        if key is None:
            continue
        edit = draw(st.sampled_from(["replace", "replace", "drop", "add"]))
        if edit == "replace":
            owner[key] = deepcopy(draw(st.sampled_from(VALUES)))
        elif edit == "drop":
            del owner[key]
        elif isinstance(owner, dict):
            name = draw(st.sampled_from(["x", "__class__", OUTSIDE]))
            owner[name] = deepcopy(draw(st.sampled_from(VALUES)))
        else:
            owner.append(deepcopy(draw(st.sampled_from(VALUES))))
    return json.dumps(tree).encode()


def _places(tree: Any):
    """Each (container, key) of a JSON tree."""
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in list(pairs):
        yield tree, key
        if isinstance(value, dict | list):
            yield from _places(value)
