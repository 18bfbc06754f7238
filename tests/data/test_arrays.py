"""Arrays in memory: shapes, types, labels, and everything that is refused."""

import numpy as np
import pytest
import torch

from steadfit.data import from_arrays
from steadfit.errors import SteadfitError

Y = [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("shape", "options", "expected"),
    [
        ((4, 8, 9), {}, (4, 1, 8, 9)),
        ((4, 8, 9, 3), {}, (4, 3, 8, 9)),
        ((4, 8, 9, 1), {}, (4, 1, 8, 9)),
        ((4, 3, 8, 9), {}, (4, 3, 8, 9)),
        ((4, 13, 8, 9), {"layout": "channels_first"}, (4, 13, 8, 9)),
        ((4, 3, 8, 3), {"layout": "channels_last"}, (4, 3, 3, 8)),
        ((4, 72), {"image": (8, 9)}, (4, 1, 8, 9)),
        ((4, 216), {"image": (8, 9)}, (4, 3, 8, 9)),
    ],
)
def test_channels_are_found(shape: tuple, options: dict, expected: tuple) -> None:
    assert tuple(from_arrays(np.zeros(shape), Y, **options).x.shape) == expected


def test_pixels_are_where_they_were() -> None:
    x = np.arange(4 * 8 * 9 * 3, dtype=np.uint8).reshape(4, 8, 9, 3)
    data = from_arrays(x, Y)
    assert data.x[2, 1, 5, 7] == x[2, 5, 7, 1]


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.float64, bool, np.float16])
def test_only_bytes_stay_bytes(kind: type) -> None:
    data = from_arrays(np.ones((4, 2, 2), kind), Y)
    assert data.x.dtype == (torch.uint8 if kind is np.uint8 else torch.float32)
    assert data.x.eq(1).all()


@pytest.mark.parametrize(
    ("y", "task", "classes", "numbers"),
    [
        ([5, 3, 10, 3], "classes", ("3", "5", "10"), [1, 0, 2, 0]),
        (["b", "a", "b", "ü"], "classes", ("a", "b", "ü"), [1, 0, 1, 2]),
        ([b"b", b"a", b"b", b"a"], "classes", ("a", "b"), [1, 0, 1, 0]),
        ([[5], [3], [5], [3]], "classes", ("3", "5"), [1, 0, 1, 0]),
        ([True, False, True, True], "classes", ("False", "True"), [1, 0, 1, 1]),
        ([0.5, 1, 2, 3], "numbers", (), [[0.5], [1], [2], [3]]),
        ([[0.5, 1], [2, 3]] * 2, "numbers", (), [[0.5, 1], [2, 3]] * 2),
        (np.array(["x", "y", "x", "y"], object), "classes", ("x", "y"), [0, 1, 0, 1]),
        (torch.tensor([1, 0, 1, 0]), "classes", ("0", "1"), [1, 0, 1, 0]),
    ],
)
def test_the_task_is_told_by_the_labels(y, task: str, classes: tuple, numbers: list) -> None:
    data = from_arrays(np.zeros((4, 2, 2)), y)
    assert (data.schema.task.name, data.classes) == (task, classes)
    assert data.y.tolist() == numbers
    assert data.outputs == (len(classes) or len(numbers[0]))


def test_the_task_can_be_set() -> None:
    assert from_arrays(np.zeros((4, 2, 2)), Y, task="numbers").y.tolist() == [[0], [1], [0], [1]]
    floats = from_arrays(np.zeros((4, 2, 2)), [1.0, 2.5, 1.0, 2.5], task="classes")
    assert floats.classes == ("1", "2.5")


def test_classes_that_are_nearly_one_number_have_names_of_their_own() -> None:
    data = from_arrays(np.zeros((4, 2, 2)), [1.0, 1.0000001, 1e-9, 1e20], task="classes")
    assert data.classes == ("0.000000001", "1", "1.0000001", "100000000000000000000")


def with_bad_value(value: float) -> np.ndarray:
    x = np.zeros((4, 2, 2))
    x[2, 1, 0] = value
    return x


ZEROS = np.zeros((4, 2, 2))


@pytest.mark.parametrize(
    ("x", "y", "options", "sentence"),
    [
        (ZEROS, [0, 1, 0], {}, "x has 4 rows and y has 3"),
        (np.zeros((0, 2, 2)), [], {}, "has no examples"),
        (np.zeros((4, 0, 2)), Y, {}, "images that have pixels"),
        (with_bad_value(np.nan), Y, {}, "must be finite, .* in 1 of 4 examples: row 2"),
        (with_bad_value(-np.inf), Y, {"ids": "abcd"}, "in 1 of 4 examples: c"),
        (with_bad_value(1e300), Y, {}, "beyond float32"),
        (ZEROS, [1.0, np.nan, 2.0, 3.0], {}, "y must be finite, .*: row 1"),
        (ZEROS, [1.0, np.nan, 2.0, 3.0], {"task": "classes"}, "finite labels, got NaN"),
        (np.zeros((4, 72)), Y, {"image": (8, 10)}, "a multiple of 8 × 10"),
        (np.zeros((4, 72)), Y, {"image": (0, 10)}, "a multiple of 0 × 10"),
        (np.zeros((4, 3, 8, 3)), Y, {}, "Cannot determine where the channels are"),
        (np.zeros((4, 5, 8, 9)), Y, {}, 'layout="channels_first"'),
        (np.zeros((4, 1, 1, 1, 1)), Y, {}, r"shape \(4, 1, 1, 1, 1\)"),
        (np.zeros(4), Y, {}, r"shape \(4,\)"),
        (np.full((4, 2, 2), {}), Y, {}, "x holds object"),
        (ZEROS.astype(str), Y, {}, "x must be numbers, got text"),
        (ZEROS.astype(complex), Y, {}, "x holds complex128"),
        ([[1, 2], [3]], Y, {}, "rows of different shapes"),
        (ZEROS, ["a", None, "b", "c"], {}, "got None in 1, rows 1"),
        (ZEROS, ["a", {}, "b", "c"], {}, "y holds object"),
        (ZEROS, np.eye(4, dtype=int), {}, r"y.argmax\(axis=1\)"),
        (ZEROS, list("abcd"), {"task": "numbers"}, 'task="classes"'),
        (ZEROS, np.zeros((4, 0)), {}, "y must be numbers .* got float64 of shape"),
        (ZEROS, np.array(Y, "datetime64[s]"), {}, "y holds datetime64"),
        (ZEROS, Y, {"ids": "abc"}, "ids must have an entry for each of the 4 examples, got 3"),
        (ZEROS, Y, {"is_test": [True]}, "is_test must have an entry .* got 1"),
        (ZEROS, Y, {"is_test": ["False"] * 4}, "is_test must be True or False .* got <U5"),
        (ZEROS, Y, {"groups": "abc"}, "groups must have a value .* got a single one"),
        (ZEROS, Y, {"groups": [*"abc"]}, "groups must have an entry .* got 3"),
        (ZEROS, Y, {"groups": np.eye(4)}, r"groups must be a label .* got shape \(4, 4\)"),
    ],
)
def test_what_is_no_data_is_refused(x, y, options: dict, sentence: str) -> None:
    with pytest.raises(SteadfitError, match=sentence):
        from_arrays(x, y, **options)


def test_the_fingerprint_tells_contents_apart() -> None:
    x = np.arange(16, dtype=np.uint8).reshape(4, 2, 2)
    other = x.copy()
    other[3, 1, 1] += 1
    prints = [
        from_arrays(a, b).fingerprint
        for a, b in [(x, Y), (other, Y), (x.astype(float), Y), (x, [0, 1, 1, 0]), (x, list("abab"))]
    ]
    assert len(set(prints)) == 5
    assert from_arrays(x.copy(), Y, name="another").fingerprint == prints[0]


def test_taking_examples_takes_everything_of_them() -> None:
    data = from_arrays(ZEROS, Y, ids="abcd", is_test=[0, 0, 1, 1], groups=list("xyxy"))
    taken = data.take(torch.tensor([3, 3, 0]))
    assert (taken.ids, taken.y.tolist()) == (("d", "d", "a"), [1, 1, 0])
    assert taken.structure.groups is not None
    assert taken.structure.groups.tolist() == [1, 1, 0]
    assert taken.structure.is_test is not None
    assert taken.structure.is_test.tolist() == [True, True, False]
