"""A trained model as a program that runs without steadfit: torch.export, or ONNX."""

from steadfit.training.export.own_network import ExportedNetwork, network_content
from steadfit.training.export.program import Program, program, reference_program
from steadfit.training.export.write import Format, export

__all__ = [
    "ExportedNetwork",
    "Format",
    "Program",
    "export",
    "network_content",
    "program",
    "reference_program",
]
