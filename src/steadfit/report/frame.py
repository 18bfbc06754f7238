"""What all figures share: an empty figure in the page's manner, and names made harmless."""

import html

import plotly.graph_objects as go

from steadfit.report import wording
from steadfit.report.palette import LIGHT

ROW = 52  # pixels an arm takes
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def frame(rows: int, x_title: str) -> go.Figure:
    """An empty figure in the page's manner, in the light colours, as high as its rows of arms."""
    figure = go.Figure()
    figure.update_layout(
        template="none",
        height=rows * ROW + 92,
        margin={"l": 8, "r": 8, "t": 34, "b": 48},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT, "size": 13, "color": LIGHT["ink"]},
        hoverlabel={
            "bgcolor": LIGHT["tint"],
            "font_color": LIGHT["ink"],
            "bordercolor": LIGHT["rule"],
        },
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "traceorder": "normal"},
        dragmode=False,
    )
    figure.update_xaxes(
        title={"text": x_title, "font": {"color": LIGHT["muted"], "size": 12}},
        tickfont_color=LIGHT["muted"],
        gridcolor=LIGHT["rule"],
        zeroline=False,
        zerolinecolor=LIGHT["ink"],
        zerolinewidth=1.5,
        exponentformat="power",
        fixedrange=True,
        automargin=False,
    )
    figure.update_yaxes(
        visible=False,
        exponentformat="power",
        range=[-0.5, rows - 0.35] if rows else None,
        tickfont_color=LIGHT["muted"],
        title_font={"color": LIGHT["muted"], "size": 12},
        zeroline=False,
        fixedrange=True,
        automargin=True,
    )
    return figure


def label(name: str, length: int) -> str:
    """A name for plotly, which reads tags and entities in its labels."""
    return html.escape(wording.shortened(wording.printable(name), length), quote=False)
