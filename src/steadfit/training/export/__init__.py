"""A trained model as a program that runs without steadfit: torch.export, or ONNX."""

from steadfit.training.export.program import Program, program, reference_program
from steadfit.training.export.write import Format, export

__all__ = ["Format", "Program", "export", "program", "reference_program"]
