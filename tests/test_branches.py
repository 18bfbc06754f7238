"""Code that decides by what is predicted, or by what an example is, is in `tasks/` and `kinds/`.

Elsewhere it asks the object. The few places that are left are counted, so that none is added.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import steadfit
from steadfit.kinds import KINDS
from steadfit.tasks import TASKS

SOURCE = Path(steadfit.__file__).parent
ROOMS = ("tasks", "kinds")
MOST = 18  # of these 9 read the option task, as a person named it
CLASSES = {cls.__name__ for cls in (*KINDS.values(), *TASKS.values())} | {"Ragged", "Sequences"}
CODES = {"task", "kind", "unit", "learned"}  # what is compared with one of these words
WORDS = {*KINDS, *TASKS, "words", "characters", "steps"}


def branches(tree: ast.AST) -> Iterator[ast.AST]:
    """Where code asks for a task or kind; what narrows a type for the reader is no branch."""
    asserted = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.Assert)
                for inner in ast.walk(node)}  # fmt: skip
    for node in ast.walk(tree):
        if id(node) not in asserted and (_asks_class(node) or _compares(node) or _asks_step(node)):
            yield node


def _asks_class(node: ast.AST) -> bool:
    """isinstance(..., Ragged) and the like; isinstance(data.x, Tensor) asks the same."""
    if not (isinstance(node, ast.Call) and _last(node.func) == "isinstance"):
        return False
    asked, classes = node.args
    names = {_last(part) for part in ast.walk(classes)}
    return bool(names & CLASSES) or ("Tensor" in names and _last(asked) == "x")


def _compares(node: ast.AST) -> bool:
    """task == "tokens" and the like."""
    if not isinstance(node, ast.Compare):
        return False
    sides = (node.left, *node.comparators)
    parts = [part for side in sides for part in ast.walk(side)]
    words = {part.value for part in parts if isinstance(part, ast.Constant)}
    return bool(words & WORDS) and any(_last(side) in CODES for side in sides)


def _asks_step(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "every_step"


def _last(node: ast.AST) -> str:
    """The last name of an expression: "task" of data.schema.task."""
    return getattr(node, "attr", getattr(node, "id", ""))


def test_few_branches_are_outside_their_rooms() -> None:
    found = [
        f"{path.relative_to(SOURCE)}:{node.lineno}"  # pyright: ignore[reportAttributeAccessIssue]
        for path in sorted(SOURCE.rglob("*.py"))
        if path.relative_to(SOURCE).parts[0] not in ROOMS
        for node in branches(ast.parse(path.read_text("utf-8")))
    ]
    assert len(found) <= MOST, found


def test_what_counts_as_a_branch() -> None:
    counted = """
if data.task == "tokens": pass
a = 1 if x.unit != "words" else 2
if isinstance(x, Ragged | Padded): pass
if isinstance(data.x, Tensor): pass
if not schema.task.every_step: pass
b = [c for c in d if isinstance(c.schema.task, Forecast)]
"""
    others = """
assert isinstance(x, Ragged)
if isinstance(values, Tensor): pass
if name == "tokens": pass
if x.dtype.kind == "f": pass
loss = schema.task.loss(x, y)
"""
    assert len(list(branches(ast.parse(counted)))) == 6
    assert not list(branches(ast.parse(others)))
