"""What tells two versions of a person's code apart, and values in the plain form that is hashed.

The identity of code is never a pickle: the bytes of one function differ from process to process. It
is a hash of the source of the function or class, of all that it uses from the same package, and of
the values that it has closed over; of an installed package, its version. What has no source, as a
function typed at a prompt, or no plain form, as an object with an address, needs a version from the
person.
"""

import hashlib
import importlib.metadata
import inspect
import json
import math
import sys
import sysconfig
import types
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from steadfit.errors import SteadfitError


def digest_of(what: Callable[..., Any], version: str | None = None) -> str:
    """The identity of a function or class, 64 hexadecimal digits.

    version: names the code where it does not tell itself. Raises SteadfitError where there is none,
    and the code has no source or uses what has no plain form.
    """
    if version is not None:
        text = f"version {version}{_arguments(what)}"
        return hashlib.sha256(text.encode()).hexdigest()
    found = _Source()
    found.add(what)
    return found.digest


def name_of(what: Any) -> str:
    """The name of code, as "module:qualified.name"; of an object, that of its class."""
    if isinstance(what, partial):
        return name_of(what.func)
    kind = what if hasattr(what, "__qualname__") else type(what)
    return f"{kind.__module__}:{kind.__qualname__}"


def package_of(what: Any) -> str:
    """The top-level package that code is in; "__main__" of a script's."""
    return (getattr(what, "__module__", None) or "").partition(".")[0]


def installed(module: types.ModuleType | None) -> bool:
    """Whether every process can import it."""
    path = getattr(module, "__file__", None)
    if module is None or path is None:
        return False
    if module.__name__.partition(".")[0] == "steadfit":
        return True
    places = (Path(sysconfig.get_path(kind)) for kind in ("stdlib", "purelib", "platlib"))
    return any(Path(path).is_relative_to(place) for place in places)


def plain(value: Any) -> Any:
    """A value in the form that is hashed, for JSON. Raises TypeError where it has none.

    >>> plain((1, np.float32(0.5), {"b": None, "a": "x"}))
    [1, 0.5, {'a': 'x', 'b': None}]
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Tensor):
        return plain(value.detach().cpu().numpy())
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        content = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
        return ["array", str(value.dtype), list(value.shape), content]
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, set | frozenset):
        return sorted(plain(each) for each in value)
    if isinstance(value, dict):
        return {str(key): plain(value[key]) for key in sorted(value, key=str)}
    raise TypeError(type(value).__name__)


def described(value: Any) -> Any:
    """A value in plain form, for people; of what has none, what it is."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    try:
        return plain(value)
    except TypeError:
        return getattr(value, "__qualname__", type(value).__qualname__)


class _Source:
    """Collects the sources of what a function or class uses, each once, and values by name."""

    def __init__(self) -> None:
        self._parts: dict[str, Any] = {}

    @property
    def digest(self) -> str:
        text = json.dumps(self._parts, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def add(self, what: Any, root: str = "") -> None:
        """root: the top-level package whose code counts; by default that of `what`."""
        if isinstance(what, partial):
            self._value("arguments", [list(what.args), dict(what.keywords)], "its arguments")
            self.add(what.func, root)
            return
        if inspect.ismethod(what):
            what = what.__func__
        name = name_of(what)
        if name in self._parts:
            return
        root = root or package_of(what)
        if installed(sys.modules.get(what.__module__)):
            self._parts[name] = _version(root)
            return
        try:
            self._parts[name] = inspect.getsource(what)
        except (OSError, TypeError):
            raise SteadfitError(
                f"{name} must have a source that can be read, or a version, got neither. Put it in "
                'a file, or say which version this is: version="1".',
                version="1",
            ) from None
        for function in _functions(what):
            self._uses(function, root, name)

    def _uses(self, function: types.FunctionType, root: str, user: str) -> None:
        closed = inspect.getclosurevars(function)
        for name, value in {**closed.globals, **closed.nonlocals}.items():
            if isinstance(value, types.ModuleType):
                if value.__name__.partition(".")[0] == root and root != "__main__":
                    self._parts[value.__name__] = _file_of(value)
            elif isinstance(value, type | types.FunctionType | types.MethodType | partial):
                if isinstance(value, partial) or package_of(value) == root:
                    self.add(value, root)
                else:
                    self._parts.setdefault(f"{user}.{name}", name_of(value))
            elif callable(value) and hasattr(value, "__qualname__"):
                self._parts.setdefault(f"{user}.{name}", name_of(value))
            else:
                self._value(f"{user}.{name}", value, f"{name}, which {user} uses,")

    def _value(self, name: str, value: Any, said: str) -> None:
        try:
            self._parts[name] = plain(value)
        except TypeError as error:
            raise SteadfitError(
                f"{said} must be a plain value, or the code must have a version, as this tells one "
                f'run from another; got {error}. Say which version this is: version="1".',
                version="1",
            ) from None


def _arguments(what: Any) -> str:
    """Those that a partial function has, as far as they have a plain form; "" of other code."""
    if not isinstance(what, partial):
        return ""
    values = {**{str(place): value for place, value in enumerate(what.args)}, **what.keywords}
    return json.dumps({name: described(values[name]) for name in sorted(values)})


def _functions(what: Any) -> Iterator[types.FunctionType]:
    """A function, or those that a class defines itself, and its bases in the same package."""
    if isinstance(what, types.FunctionType):
        yield what
        return
    for owner in getattr(what, "__mro__", ()):
        if package_of(owner) != package_of(what):
            continue
        for value in vars(owner).values():
            inner = getattr(value, "__func__", getattr(value, "fget", value))
            if isinstance(inner, types.FunctionType):
                yield inner


def _file_of(module: types.ModuleType) -> str:
    path = getattr(module, "__file__", None)
    return hashlib.sha256(Path(path).read_bytes()).hexdigest() if path else module.__name__


def _version(package: str) -> str:
    """Of an installed package, whose source is not looked into; of Python's own, Python's."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:  # sklearn comes with scikit-learn
        return str(getattr(sys.modules.get(package), "__version__", sys.version))
