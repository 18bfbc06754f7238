"""Networks that were trained on other images: timm's, torchvision's, and a person's own."""

from steadfit.models.pretrained.network import (
    Pretrained,
    Transfer,
    head_model,
    is_pretrained,
    pretrained,
)

__all__ = ["Pretrained", "Transfer", "head_model", "is_pretrained", "pretrained"]
