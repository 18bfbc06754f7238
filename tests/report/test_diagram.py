"""A cell's diagram against its equations, for every cell of the library."""

import itertools
import xml.etree.ElementTree as ElementTree

import pytest

from steadfit.cells import CELLS, cell, tanh
from steadfit.report import diagram as drawing

SVG = "{http://www.w3.org/2000/svg}"


def joins(graph):
    """Each mark's text with the texts that it is computed from, through the places passed."""
    marks = drawing._marks(graph)

    def start(index):
        while marks[index].kind == "passing":
            (index,) = marks[index].sources
        return marks[index].text

    return [
        (mark.text, sorted(map(start, mark.sources))) for mark in marks if mark.kind != "passing"
    ]


@pytest.mark.parametrize("name", CELLS)
def test_it_is_an_svg_with_every_gate_and_state(name):
    graph = CELLS[name].graph
    root = ElementTree.fromstring(drawing.diagram(CELLS[name]))
    texts = [text.text or "" for text in root.iter(f"{SVG}text")]
    for gate in graph.gates:
        assert sum(text.split()[-1] == gate.name for text in texts if text) >= 1
    for state in graph.states:
        assert {f"{state}[t]", f"{state}[t-1]"} <= set(texts)


@pytest.mark.parametrize("name", CELLS)
def test_time_runs_to_the_right_and_nothing_lies_on_another(name):
    marks = drawing._marks(CELLS[name].graph)
    drawing._place(marks)
    for mark in marks:
        assert all(marks[source].column == mark.column - 1 for source in mark.sources)
    for column in {mark.column for mark in marks}:
        heights = sorted(mark.y for mark in marks if mark.column == column)
        gaps = [b - a for a, b in itertools.pairwise(heights)]
        assert all(gap >= drawing.ROW - 1e-6 for gap in gaps)


@pytest.mark.parametrize("name", CELLS)
def test_each_gate_is_joined_to_what_it_takes(name):
    graph = CELLS[name].graph
    found = {
        text.split()[-1]: sources
        for text, sources in joins(graph)
        if not text.startswith("p ")  # a peephole
    }
    for gate in graph.gates:
        assert ("x[t]" in found[gate.name]) == gate.takes_input
        assert len(found[gate.name]) == gate.takes_input + len(gate.recurrent)


def test_new_states_stand_in_the_last_column():
    @cell
    def uneven(x, h, c, *, gate):
        h = gate.a(x, h)
        return h, tanh(h) * c

    marks = drawing._marks(uneven.graph)
    last = max(mark.column for mark in marks)
    assert [mark.text for mark in marks if mark.column == last] == ["h[t]", "c[t]"]


def test_the_lectures_gru_is_joined_as_its_equations_say():
    assert joins(CELLS["gru"].graph) == [
        ("x[t]", []),
        ("h[t-1]", []),
        ("σ reset", ["h[t-1]", "x[t]"]),
        ("σ update", ["h[t-1]", "x[t]"]),
        ("⊙", ["h[t-1]", "σ reset"]),
        ("tanh candidate", ["x[t]", "⊙"]),
        ("1 −", ["σ update"]),
        ("⊙", ["1 −", "h[t-1]"]),
        ("⊙", ["tanh candidate", "σ update"]),
        ("+", ["⊙", "⊙"]),
        ("h[t]", ["+"]),
    ]


def test_a_gate_of_two_uses_keeps_its_function_apart():
    @cell
    def odd(x, h, *, gate):
        a = gate.a(x, h)
        return tanh(a) * a

    found = joins(odd.graph)
    assert ("a", ["h[t-1]", "x[t]"]) in found
    assert ("tanh", ["a"]) in found
    assert ("⊙", ["a", "tanh"]) in found
