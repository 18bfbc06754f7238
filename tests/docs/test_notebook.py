"""The notebook of the documentation runs headless, from the first cell to the last."""

from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebook.ipynb"


def outputs(cell):
    """What a cell leaves, by MIME type, of all its outputs."""
    return {kind: text for one in cell.outputs for kind, text in one.get("data", {}).items()}


def test_it_runs_and_shows_the_study(tmp_path):
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "clear it before it is kept"
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    data, _, study, frame, predicted = (
        outputs(cell) for cell in notebook.cells if cell.cell_type == "code"
    )
    assert "178 rows" in data["text/plain"]
    assert "<table>" in study["text/html"]
    assert "dropout=0.5" in study["text/html"]
    assert "logistic regression" in frame["text/html"]
    assert predicted["text/plain"] == "array(['0', '0', '0'], dtype='<U1')"
