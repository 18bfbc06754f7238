"""The analysis is usable without the rest: it loads no torch, and SciPy only for a distribution."""

import subprocess
import sys

CODE = """
import sys
import steadfit.analysis
import pkgutil, importlib
for module in pkgutil.iter_modules(steadfit.analysis.__path__, "steadfit.analysis."):
    importlib.import_module(module.name)
print(sorted({name.partition(".")[0] for name in sys.modules} & set(sys.argv[1:])))
"""
HEAVY = ["torch", "scipy", "sklearn", "pandas", "pyarrow", "pydantic", "rich", "plotly"]


def test_no_module_of_it_loads_torch_or_anything_heavy():
    done = subprocess.run(
        [sys.executable, "-c", CODE, *HEAVY], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
