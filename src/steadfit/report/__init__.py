"""What a person looks at: tables, figures, the page.

The names below are loaded when they are first used, so that who needs a voice or a bar alone does
not wait for NumPy and plotly.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from steadfit.report.document import page
    from steadfit.report.fits import fit_summary
    from steadfit.report.forecast_figures import plot_forecast
    from steadfit.report.notebook import fit_html, summary_html
    from steadfit.report.tables import Summary, summary, table

_HOMES = {
    "Summary": "tables",
    "fit_html": "notebook",
    "fit_summary": "fits",
    "page": "document",
    "plot_forecast": "forecast_figures",
    "summary": "tables",
    "summary_html": "notebook",
    "table": "tables",
}

__all__ = [
    "Summary",
    "fit_html",
    "fit_summary",
    "page",
    "plot_forecast",
    "summary",
    "summary_html",
    "table",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"steadfit.report.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'steadfit.report' has no attribute {name!r}")
