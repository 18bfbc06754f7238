"""Layers at the two ends of a language model: from token numbers to vectors, and back to scores."""

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, linear

from steadfit.nn.masks import kept
from steadfit.nn.settings import check_rate


class Embedding(nn.Embedding):
    """A vector for each token, as torch.nn.Embedding; token 0 is padding.

    dropout: share of the tokens whose vectors are zero in training wherever they stand, one mask a
        call (Gal and Ghahramani 2016, 4.2); the others are divided by 1 - dropout.

    >>> Embedding(5, 3)(torch.tensor([[1, 4]])).shape
    torch.Size([1, 2, 3])
    """

    def __init__(self, tokens: int, channels: int, dropout: float = 0.0) -> None:
        super().__init__(tokens, channels, padding_idx=0)
        self.dropout = check_rate("dropout", dropout)

    def forward(self, input: Tensor) -> Tensor:
        if not (self.training and self.dropout):
            return super().forward(input)
        mask = kept(self.weight, (self.num_embeddings, 1), self.dropout, None)
        return embedding(input, self.weight * mask, self.padding_idx)


class TiedScores(nn.Module):
    """A score for each token: the product with its vector in an embedding, and a bias of its own
    (Inan, Khosravi and Socher 2017; Press and Wolf 2017).

    tokens: the last so many of the embedding's are scored. The embedding is what `tie` was given;
    its weight stays its own, so that it has one name among a net's weights.
    """

    def __init__(self, tokens: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(tokens))
        self._embedding: tuple[nn.Embedding, ...] = ()  # no submodule, hence the tuple

    def tie(self, embedding: nn.Embedding) -> None:
        self._embedding = (embedding,)

    def forward(self, x: Tensor) -> Tensor:
        (embedding,) = self._embedding
        return linear(x, embedding.weight[-len(self.bias) :], self.bias)
