"""The pages' templates, and values as they need them: figures, names and texts in HTML."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING, Any

from steadfit.report import palette, wording

if TYPE_CHECKING:
    from jinja2 import Template
    from plotly.graph_objects import Figure


def template(name: str) -> Template:
    """One of the pages' templates, in which every text is escaped, and none may be absent."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("steadfit.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters |= {
        "printable": wording.printable,
        "breakable": breakable,
        "options": options_whole,
        "sha256": sha256,
    }
    return environment.get_template(name)


def style() -> Any:
    """The pages' style sheet, in the colours of light and of dark."""
    from markupsafe import Markup

    return Markup(template("page.css").render(light=palette.LIGHT, dark=palette.DARK))


def embedded(figure: Figure) -> Any:
    """A figure as JSON for a script element, which plotly's own escape of "<" cannot end."""
    from markupsafe import Markup

    return Markup(figure.to_json())


def breakable(name: str) -> Any:
    """A name that may be broken after each "+", "=" and "_"."""
    from markupsafe import Markup

    return Markup("<wbr>").join(re.split(r"(?<=[+=_])", name))


def options_whole(text: str) -> Any:
    """A text whose options, as --samples, are not broken after their dashes."""
    from markupsafe import Markup

    option = Markup('<span class="option">{}</span>').format
    parts = re.split(r"(--[a-z]+)", text)
    return Markup("").join(option(p) if p.startswith("--") else p for p in parts)


def sha256(script: str) -> str:
    """A script's hash as a content security policy names it."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
