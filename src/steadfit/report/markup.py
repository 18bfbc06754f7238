"""Values as the page's template needs them: figures, names and texts in HTML."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


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
