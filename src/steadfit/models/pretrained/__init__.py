"""Networks that were trained on other images: timm's, torchvision's, ONNX files, a person's own."""

from steadfit.models.pretrained.given import carried, is_pretrained, pretrained
from steadfit.models.pretrained.network import Pretrained, Transfer, head_model

__all__ = ["Pretrained", "Transfer", "carried", "head_model", "is_pretrained", "pretrained"]
