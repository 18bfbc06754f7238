"""The directive `drawn`: a figure of `figures.py`, made anew for every build from real objects."""

import json
from pathlib import Path

import figures
import plotly.graph_objects as go
from docutils import nodes
from plotly.offline import get_plotlyjs
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from steadfit.report import palette


class Drawn(SphinxDirective):
    """```{drawn} NAME``` with the caption as its content."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """The figure and its caption."""
        drawing = figures.FIGURES[self.arguments[0]]()
        html = _plot(drawing) if isinstance(drawing, go.Figure) else drawing
        figure = nodes.figure(ids=[f"figure-{self.arguments[0]}"], classes=["drawn"])
        figure += nodes.raw("", html, format="html")
        caption = nodes.caption()
        (paragraph,) = self.parse_content_to_nodes()
        caption += paragraph.children
        figure += caption
        return [figure]


def _plot(figure: go.Figure) -> str:
    """A place for plotly to draw in, with the figure beside it as JSON."""
    height = figure.layout.height
    return (
        f'<div class="plot" style="height:{height}px"></div>'
        f'<script type="application/json">{figure.to_json()}</script>'
    )


def _write_scripts(app: Sphinx, error: Exception | None) -> None:
    """plotly.js, and the colours, beside the other static files."""
    if error is None and app.builder.format == "html":
        static = Path(app.outdir) / "_static"
        (static / "plotly.js").write_text(get_plotlyjs(), "utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive and write its script."""
    app.add_directive("drawn", Drawn)
    app.connect("build-finished", _write_scripts)
    colours = json.dumps({"light": palette.LIGHT, "dark": palette.DARK})
    app.add_js_file(None, body=f"const PALETTE = {colours};")
    app.add_js_file("figures.js", loading_method="defer")
    return {"parallel_read_safe": False, "parallel_write_safe": True}
