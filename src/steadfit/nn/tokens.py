"""Layers at the two ends of a language model: from token numbers to vectors, and back to scores."""

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, linear

from steadfit.nn.masks import kept
from steadfit.nn.settings import check_rate

_PRIME = 1_000_003  # far above any number of tokens, so that few pairs have one product


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


class TokenScores(nn.Linear):
    """A score for each token, as torch.nn.Linear."""


class PairEmbedding(nn.Module):
    """A vector for each token, and one added to it for the pair that it makes with the next.

    Pairs share `pairs` vectors by a hash of their tokens, as in fastText (Joulin et al. 2017, "Bag
    of tricks for efficient text classification", 2.1). A pair with padding (0) or an unknown token
    (1) has none.

    >>> PairEmbedding(5, 3, pairs=100)(torch.tensor([[2, 4, 0]])).shape
    torch.Size([1, 3, 3])
    """

    def __init__(self, tokens: int, channels: int, pairs: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.words = Embedding(tokens, channels, dropout)
        self.pairs = nn.Embedding(pairs + 1, channels, padding_idx=0)
        with torch.no_grad():
            self.pairs.weight.zero_()  # a pair says nothing until it is learned

    def forward(self, input: Tensor) -> Tensor:
        return self.words(input) + self.pairs(self.numbers(input))

    def numbers(self, input: Tensor) -> Tensor:
        """The number of the pair that begins at each token, from 1; 0 for none."""
        second = torch.cat([input[:, 1:], torch.zeros_like(input[:, :1])], 1)
        hashed = (input * _PRIME + second) % (self.pairs.num_embeddings - 1) + 1
        return torch.where((input > 1) & (second > 1), hashed, 0)


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


@torch.no_grad()
def begin_scores(net: nn.Module, counts: Tensor) -> None:
    """Scores begin as the logarithms of the tokens' shares, and tokens that never come are left at
    that of one in all.

    Else a network spends its first steps on learning which tokens never come, for which it drives
    its states to their limits where these are many. counts: of each token, shape (tokens,).

    >>> net = nn.Sequential(Embedding(6, 8), TokenScores(8, 4))
    >>> begin_scores(net, torch.tensor([2, 0, 1, 4]))
    >>> net[1].bias.softmax(0).tolist()
    [0.25, 0.125, 0.125, 0.5]
    """
    shares = counts.clamp(min=1).float()
    for part in net.modules():
        if isinstance(part, TokenScores | TiedScores):
            part.bias.copy_((shares / shares.sum()).log())
