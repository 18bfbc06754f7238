"""A program in a file: torch.export's archive, or an ONNX model."""

import importlib.util
import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

import torch

from steadfit.errors import SteadfitError, unknown
from steadfit.files import check_file, make_ready, write_bytes
from steadfit.training.export.program import Program

Format = Literal["onnx", "torch"]
FACTS = "steadfit.json"  # in torch's archive
OPSET = 20
_ONNX = ("onnx", "onnxscript")  # what torch's exporter to ONNX asks for
_MOST_BYTES = 2**31 - 1  # of a file of protocol buffers


def export(program: Program, path: str | Path, to: Format = "onnx") -> Path:
    """Write a program whole or not at all. Returns the path.

    Raises SteadfitError for a place that cannot be written, and as `content_of`.
    """
    path = Path(path)
    check_file(path)
    make_ready(path.absolute().parent)
    write_bytes(path, content_of(program, to))
    return path


def content_of(program: Program, to: Format) -> bytes:
    """A program as a file's content.

    Raises SteadfitError for an unknown format, where packages are missing that make the format, and
    for a network that torch cannot export.
    """
    if to not in get_args(Format):
        raise unknown("format", str(to), get_args(Format))
    if to == "onnx":
        _check_packages()
    try:
        with torch.no_grad(), _quiet():
            return _WRITERS[to](program)
    except (SteadfitError, MemoryError):
        raise
    except Exception as error:  # torch's exporters raise whatever they meet, also in people's code
        raise SteadfitError(
            f"{program.said['model']} cannot be exported to {to} ({_reason(error)}). A network of "
            "your own must take sizes from x.shape, as len(x) is a fixed number in a program, and "
            "decide nothing by the values of tensors."
        ) from error


def _reason(error: BaseException) -> str:
    """What torch said first, in a line."""
    while error.__cause__ is not None:
        error = error.__cause__
    lines = [line.strip() for line in str(error).splitlines() if line.strip(" -")]
    return f"{type(error).__name__}: {(lines or ['no reason given'])[0][:300]}"


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what torch's exporters say of their own affairs, which nobody here can act on."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _check_packages() -> None:
    missing = [name for name in _ONNX if importlib.util.find_spec(name) is None]
    if missing:
        raise SteadfitError(
            f"ONNX needs the packages {' and '.join(_ONNX)}, got none called "
            f"{' or '.join(missing)}. Install them: pip install 'steadfit[export]'."
        )


def _to_torch(program: Program) -> bytes:
    free = tuple(dict.fromkeys(axes, torch.export.Dim.DYNAMIC) for axes in program.signature.free)
    made = torch.export.export(program.module, program.signature.examples, dynamic_shapes=(free,))
    file = io.BytesIO()
    torch.export.save(made, file, extra_files={FACTS: json.dumps(dict(program.said))})
    return file.getvalue()


def _to_onnx(program: Program) -> bytes:
    size = sum(tensor.nbytes for tensor in program.module.state_dict().values())
    if size > _MOST_BYTES:
        raise SteadfitError(
            f"An ONNX file must have at most 2 GB, got a model of {size / 1e9:.1f} GB. Export to "
            "torch."
        )
    made = torch.onnx.export(
        program.module,
        program.signature.examples,
        dynamo=True,
        input_names=program.signature.names,
        output_names=[program.answer],
        dynamic_shapes=(tuple(map(dict, program.signature.free)),),
        opset_version=OPSET,
        verbose=False,
    )
    assert made is not None
    made.model.metadata_props.update(
        {
            name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            for name, value in program.said.items()
        }
    )
    return made.model_proto.SerializeToString()


_WRITERS: Mapping[Format, Callable[[Program], bytes]] = MappingProxyType(
    {"onnx": _to_onnx, "torch": _to_torch}
)
