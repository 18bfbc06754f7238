"""Pretrained word vectors as the first values of a network's own."""

import torch
from torch import Tensor, nn

from steadfit.errors import SteadfitError
from steadfit.formats.word_vectors import WordVectors
from steadfit.kinds import RESERVED, Preparation


def begin_with(vectors: WordVectors, module: nn.Module, preparation: Preparation) -> None:
    """Set the vectors of the vocabulary's words; those that the file lacks stay as they are.

    They are scaled to the network's own deviation, and centred. Where the network's are narrower
    they are the file's first principal components; where they are wider, the other channels stay.
    Raises SteadfitError for a network that has no vectors for its tokens.
    """
    tokens = RESERVED + len(preparation.vocabulary)
    known = (part for part in module.modules() if isinstance(part, nn.Embedding))
    embedding = next((part for part in known if part.num_embeddings == tokens), None)
    if embedding is None:
        raise SteadfitError("A network without an embedding cannot begin with word vectors.")
    with torch.no_grad():
        values = _fitted(torch.from_numpy(vectors.values), embedding.embedding_dim)
        values *= embedding.weight[RESERVED:].std() / values.std()
        places = {word: place for place, word in enumerate(vectors.words)}
        rows = [(number, places[word]) for number, word in
                enumerate(preparation.vocabulary, RESERVED) if word in places]  # fmt: skip
        if rows:
            numbers, taken = torch.tensor(rows).T
            embedding.weight[numbers, : values.shape[1]] = values[taken].to(embedding.weight.device)


def _fitted(values: Tensor, width: int) -> Tensor:
    """The vectors centred, in at most so many channels."""
    centred = values - values.mean(0)
    if width >= values.shape[1]:
        return centred
    _, axes = torch.linalg.eigh(centred.T.double() @ centred.double())
    return centred @ axes[:, -width:].flip(1).float()
