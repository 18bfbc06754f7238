"""Code that people bring: what it is called, what tells two versions of it apart, and how it gets
to a worker.

Its identity is never a pickle: the bytes of one function differ from process to process. It is a
hash of the source of the function or class, of all that it uses from the same package, and of the
values that it has closed over; of an installed package, its version. What has no source, as a
function typed at a prompt, or no plain form, as an object with an address, needs a version from the
person.

To a worker it goes by value (cloudpickle), so that a worker imports nothing from the folder a
person works in. These bytes are never stored, and none are read from a file.
"""

import hashlib
import importlib
import importlib.metadata
import inspect
import json
import math
import sys
import sysconfig
import types
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from steadfit.errors import OwnCodeError, SteadfitError


@dataclass(frozen=True, eq=False)
class OwnCode:
    """A function or class that a person brought.

    what: it. name: "module:qualified.name", for people and keys. digest: of its source and of what
    it uses, or of the version that was given; 64 hexadecimal digits.
    """

    what: Callable[..., Any]
    name: str
    digest: str

    @classmethod
    def of(cls, what: Callable[..., Any], version: str | None = None) -> "OwnCode":
        """Its name and identity. version: names the code where it does not tell itself.

        Raises SteadfitError where it has no source, or uses what has no plain form, and no version
        is given.

        >>> OwnCode.of(json.dumps).name
        'json:dumps'
        """
        name = _name(what)
        if version is not None:
            text = f"version {version}{_arguments(what)}"
            return cls(what, name, hashlib.sha256(text.encode()).hexdigest())
        found = _Source()
        found.add(what)
        return cls(what, name, found.digest)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """What it gives. Raises OwnCodeError for whatever it raises."""
        with raised_by(self.name):
            return self.what(*arguments, **named)

    def __reduce__(self) -> tuple[Callable[..., "OwnCode"], tuple[bytes, str, str]]:
        return _unpacked, (self._packed, self.name, self.digest)

    @cached_property
    def _packed(self) -> bytes:
        import cloudpickle

        try:
            with _by_value(self.what):
                return cloudpickle.dumps(self.what)
        except Exception as error:  # whatever an object's own pickling raises
            raise SteadfitError(
                f"{self.name} cannot be sent to a worker process ({type(error).__name__}: "
                f"{str(error)[:100]}). Make what it needs inside of it, or train in one process."
            ) from error

    def check_portable(self) -> None:
        """Raise SteadfitError where it cannot be sent to a worker."""
        assert self._packed


def _unpacked(packed: bytes, name: str, digest: str) -> OwnCode:
    import cloudpickle

    return OwnCode(cloudpickle.loads(packed), name, digest)


def import_path(path: str) -> Any:
    """What "module:name" names, looked for in the current folder too.

    Raises SteadfitError for another form, and where there is no such module or name.
    """
    module, separator, name = path.partition(":")
    if not (separator and module and name):
        raise SteadfitError(f'An import path must be "module:name", got "{path}".')
    before = sys.path.copy()
    sys.path.insert(0, str(Path.cwd()))
    try:
        found: Any = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not module.startswith(error.name):
            raise SteadfitError(f"{module} cannot be imported: {error}.") from error
        raise SteadfitError(
            f"There is no module {module} in this folder or on Python's path."
        ) from None
    except Exception as error:  # a person's module may raise anything
        raise SteadfitError(
            f"{module} cannot be imported ({type(error).__name__}: {error})."
        ) from error
    finally:
        sys.path[:] = before
    for part in name.split("."):
        if not hasattr(found, part):
            raise SteadfitError(f"There is no {part} in {getattr(found, '__name__', module)}.")
        found = getattr(found, part)
    return found


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


@contextmanager
def raised_by(name: str) -> Iterator[None]:
    """Whatever a person's code of this name raises within becomes an OwnCodeError."""
    try:
        yield
    except (SteadfitError, MemoryError):
        raise
    except Exception as error:
        said = (str(error).splitlines() or [""])[0][:300]
        raise OwnCodeError(f"{name} raised {type(error).__name__}: {said}") from error


def function_of(code: Any, setting: str) -> OwnCode:
    """A setting's function. Raises SteadfitError for what a file has of one."""
    if isinstance(code, OwnCode):
        return code
    raise SteadfitError(
        f"{setting} must be a function, got its name. No file holds its code: give the function."
    )


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
        name = _name(what)
        if name in self._parts:
            return
        root = root or _package(what)
        if _installed(sys.modules.get(what.__module__)):
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
                if isinstance(value, partial) or _package(value) == root:
                    self.add(value, root)
                else:
                    self._parts.setdefault(f"{user}.{name}", _name(value))
            elif callable(value) and hasattr(value, "__qualname__"):
                self._parts.setdefault(f"{user}.{name}", _name(value))
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


def _name(what: Any) -> str:
    if isinstance(what, partial):
        return _name(what.func)
    kind = what if hasattr(what, "__qualname__") else type(what)
    return f"{kind.__module__}:{kind.__qualname__}"


def _arguments(what: Any) -> str:
    """Those that a partial function has, as far as they have a plain form; "" of other code."""
    if not isinstance(what, partial):
        return ""
    values = {**{str(place): value for place, value in enumerate(what.args)}, **what.keywords}
    return json.dumps({name: described(values[name]) for name in sorted(values)})


def _package(what: Any) -> str:
    return (getattr(what, "__module__", None) or "").partition(".")[0]


def _functions(what: Any) -> Iterator[types.FunctionType]:
    """A function, or those that a class defines itself, and its bases in the same package."""
    if isinstance(what, types.FunctionType):
        yield what
        return
    for owner in getattr(what, "__mro__", ()):
        if _package(owner) != _package(what):
            continue
        for value in vars(owner).values():
            inner = getattr(value, "__func__", getattr(value, "fget", value))
            if isinstance(inner, types.FunctionType):
                yield inner


def _file_of(module: types.ModuleType) -> str:
    path = getattr(module, "__file__", None)
    return hashlib.sha256(Path(path).read_bytes()).hexdigest() if path else module.__name__


@contextmanager
def _by_value(what: Any) -> Iterator[None]:
    """Within, cloudpickle writes the modules of this person's package out, where they are not
    installed for every process to import."""
    import cloudpickle

    root = _package(what.func if isinstance(what, partial) else what)
    with ExitStack() as stack:
        for name, module in list(sys.modules.items()):
            if name.partition(".")[0] == root and not _installed(module):
                cloudpickle.register_pickle_by_value(module)
                stack.callback(cloudpickle.unregister_pickle_by_value, module)
        yield


def _version(package: str) -> str:
    """Of an installed package, whose source is not looked into; of Python's own, Python's."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:  # sklearn comes with scikit-learn
        return str(getattr(sys.modules.get(package), "__version__", sys.version))


def _installed(module: types.ModuleType | None) -> bool:
    """Whether every process can import it."""
    path = getattr(module, "__file__", None)
    if module is None or path is None:
        return False
    if module.__name__.partition(".")[0] == "steadfit":
        return True
    places = (Path(sysconfig.get_path(kind)) for kind in ("stdlib", "purelib", "platlib"))
    return any(Path(path).is_relative_to(place) for place in places)
