"""Code that people bring: its name, the errors that it raises, and how it gets to a worker.

What tells two versions of it apart is in `own_source`. To a worker it goes by value (cloudpickle),
so that a worker imports nothing from the folder a person works in. These bytes are never stored,
and none are read from a file.
"""

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from steadfit.errors import OwnCodeError, SteadfitError
from steadfit.own_source import digest_of, installed, name_of, package_of


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

        >>> import json
        >>> OwnCode.of(json.dumps).name
        'json:dumps'
        """
        return cls(what, name_of(what), digest_of(what, version))

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


@contextmanager
def _by_value(what: Any) -> Iterator[None]:
    """Within, cloudpickle writes the modules of this person's package out, where they are not
    installed for every process to import."""
    import cloudpickle

    root = package_of(what.func if isinstance(what, partial) else what)
    with ExitStack() as stack:
        for name, module in list(sys.modules.items()):
            if name.partition(".")[0] == root and not installed(module):
                cloudpickle.register_pickle_by_value(module)
                stack.callback(cloudpickle.unregister_pickle_by_value, module)
        yield
