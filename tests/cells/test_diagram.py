"""A cell's diagram against its equations, for every cell of the library."""

from xml.etree import ElementTree

import pytest

from steadfit.cells import CELLS, cell, svg, tanh
from steadfit.cells.diagram import _COLUMN, _half, _layout

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("name", CELLS)
def test_every_gate_peephole_and_state_is_named(name: str) -> None:
    drawn = ElementTree.fromstring(svg(CELLS[name]))
    texts = ["".join(text.itertext()) for text in drawn.iter(f"{SVG}text")]
    states = [f"{state}{time}" for state in CELLS[name].states for time in ("t−1", "t")]
    for word in (*CELLS[name].gates, *(f"p {p}" for p in CELLS[name].peepholes), *states):
        assert texts.count(word) == 1
    assert texts.count("x") == len(CELLS[name].input_blocks)


@pytest.mark.parametrize("name", CELLS)
def test_time_runs_to_the_right_and_nothing_lies_on_another(name: str) -> None:
    layout = _layout(CELLS[name].graph)
    for index, column in layout.column.items():
        if layout.nodes[index].op != "peephole":
            sources = [layout.column[a] for a in layout.nodes[index].args if a in layout.column]
            assert all(source < column for source in sources)
    symbols = [(column, layout.row[index]) for index, column in layout.column.items()]
    lines = [(column, row) for (_, column), row in layout.passing.items()]
    assert len({*symbols, *lines}) == len(symbols) + len(lines)
    for column in set(layout.column.values()):  # neighbouring columns leave room between them
        wide = [_half(layout, i) for i, place in layout.column.items() if place == column]
        after = [_half(layout, i) for i, place in layout.column.items() if place == column + 1]
        assert max(wide) + max(after, default=0) < _COLUMN


@pytest.mark.parametrize("name", CELLS)
def test_there_is_a_line_for_each_value_taken(name: str) -> None:
    graph = CELLS[name].graph
    needed = graph.needed_by(graph.outputs)
    taken = sum(graph.nodes[a].op != "constant" for i in needed for a in graph.nodes[i].args)
    paths = list(ElementTree.fromstring(svg(CELLS[name])).iter(f"{SVG}path"))
    lines = [path for path in paths if path.get("marker-end")]
    assert len(lines) == taken + len(graph.states) + len(CELLS[name].input_blocks)


def test_new_states_stand_in_the_last_column() -> None:
    @cell
    def uneven(x, h, c, *, gate):
        h = gate.a(x, h)
        return h, tanh(h) * c

    layout = _layout(uneven.graph)
    last = max(layout.column.values())
    found = [layout.nodes[i].name for i, column in layout.column.items() if column == last]
    assert found == ["h", "c"]
