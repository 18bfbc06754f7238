"""Where replicas are trained: the engines by their names."""

from steadfit.study.engines.local import LocalEngine as LocalEngine
from steadfit.study.engines.serial import SerialEngine as SerialEngine
