"""Formulas as MathML, which browsers draw themselves: no script, and no request to anywhere."""

import re

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

_SPELLINGS = tuple(  # LaTeX that docutils does not know or reads otherwise, in words that it does
    (re.compile(pattern), other)
    for pattern, other in (
        (r"\\dots\b", r"\\ldots"),
        (r"\\Big(?=\()", r"\\left"),
        (r"\\Big(?=\))", r"\\right"),
        (r"\\(t?frac)(\d)(\d)", r"\\\1{\2}{\3}"),
        (r"\\overline\{(\\?\w+)_(\{[^}]*\})\}", r"\\bar{\1}_\2"),
        (r"\\(bar|hat|tilde)(?: |\{)(\\?\w+)\}?(?=_)", r"\\\1{\2}{}"),
        (r"\\underbrace(\{.*?\})_(\{\\text\{.*?\}\})", r"\\underset\2{\\underbrace\1}"),
    )
)


def mathml(formula: str, block: bool) -> str:
    """The formula as a `math` element. Raises ExtensionError, with the formula, for unknown LaTeX.

    >>> "<mn>2</mn>" in mathml("2 x", block=False)
    True
    """
    spelt = formula
    for pattern, other in _SPELLINGS:
        spelt = pattern.sub(other, spelt)
    try:
        return str(tex2mathml(spelt, as_block=block))
    except MathError as error:
        raise ExtensionError(f'The formula "{formula}" cannot be drawn: {error}') from error


def _inline(self, node: nodes.math) -> None:
    self.body.append(mathml(node.astext(), block=False))
    raise nodes.SkipNode


def _block(self, node: nodes.math_block) -> None:
    self.body.append(self.starttag(node, "div", CLASS="math"))
    self.body.append(mathml(node.astext(), block=True) + "</div>")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Make this the way of HTML pages."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
