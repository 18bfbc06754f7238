"""How the documentation is built: `make docs`."""

import sys
from importlib import metadata
from pathlib import Path

from steadfit.report import palette

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE / "extensions")]

project = "steadfit"
author = "the steadfit maintainers"
release = metadata.version("steadfit")

extensions = ["myst_parser", "sphinx.ext.autodoc", "docstrings", "drawn", "mathml"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
default_role = "code"  # docstrings write code in single backticks
html_math_renderer = "mathml"

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
add_module_names = False
toc_object_entries_show_parents = "hide"
maximum_signature_line_length = 88

html_theme = "furo"
pygments_dark_style = "github-dark"
html_title = "steadfit"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_theme_options = {
    f"{shade}_css_variables": {f"color-{role}": colour for role, colour in colours.items()}
    | {"color-brand-primary": colours["better"], "color-brand-content": colours["better"]}
    for shade, colours in (("light", palette.LIGHT), ("dark", palette.DARK))
}
