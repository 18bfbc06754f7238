"""The next token from the few before it: counts, smoothed."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from steadfit.data import Dataset, Schema
from steadfit.references.base import Learned, Reference
from steadfit.references.classifying import FLOOR
from steadfit.references.shapes import Shapes

# Tokens of one count, the one that is predicted included.
ORDERS = {"characters": 6, "bytes": 6, "words": 3, "subwords": 4}
_LEAST = 0.05  # that is taken from a count, and that is left of it, however few counts there are


@dataclass(frozen=True)
class KneserNey(Reference):
    """Modified Kneser-Ney (Chen and Goodman 1999, section 4.1.6), of 6 characters or bytes, 4
    subwords or 3 words.

    The longest counts are as they are. A shorter one counts how many different tokens stood
    before it. Each order has three discounts, of counts of 1, of 2, and of 3 or more. Below one
    token is the uniform distribution. Texts begin with a token of their own. Fewer tokens are
    counted where the vocabulary is so large that the number of a count does not fit 63 bits.
    """

    name = "Kneser-Ney"
    what = "Counts of 6 characters, 4 subwords or 3 words, smoothed by Kneser and Ney's rule."
    predicts = frozenset({"tokens"})
    shapes: ClassVar[Shapes] = {
        "order": (),
        "contexts": ("contexts",),
        "left": ("contexts",),
        "ends": ("ends",),
        "words": ("counts",),
        "shares": ("counts",),
    }

    def learn(self, train: Dataset, seed: int) -> Learned:
        x: Any = train.x
        tokens, known = len(x.tokens), train.y[x.mask()].numpy() >= 0
        base = tokens + 2
        order = min(ORDERS[x.unit], int(63 / np.log2(base)))
        context = contexts(x.values.numpy(), x, np.flatnonzero(known), base, order - 1)
        word = train.y[x.mask()].numpy()[known]
        pairs, counts = np.unique(context * tokens + word, return_counts=True)
        found: dict[str, np.ndarray] = {"order": np.array(order)}
        for length in range(order - 1, -1, -1):
            context, word = pairs // tokens, pairs % tokens
            found |= {f"{what}-{length}": a for what, a in _level(context, word, counts).items()}
            shorter = context % base ** max(length - 1, 0)
            pairs, counts = np.unique(shorter * tokens + word, return_counts=True)
        return Learned(found, x.tokens)

    def outputs(self, learned: Learned, schema: Schema, x: Any) -> np.ndarray:
        from scipy.sparse import csr_array

        arrays, tokens = learned.arrays, len(learned.words)
        number = {word: place for place, word in enumerate(learned.words)}
        values = np.array([number.get(word, tokens) for word in x.tokens])[x.values.numpy()]
        last = (x.starts + x.lengths - 1).numpy()
        order = int(arrays["order"])
        context = contexts(values, x, last, tokens + 2, order - 1)
        shares = np.full((len(x), tokens), 1 / tokens)
        for length in range(order):
            level = {n.partition("-")[0]: a for n, a in arrays.items() if n.endswith(f"-{length}")}
            code = context % (tokens + 2) ** length
            row = np.searchsorted(level["contexts"], code).clip(max=len(level["contexts"]) - 1)
            seen = np.flatnonzero(level["contexts"][row] == code)
            table = csr_array(
                (level["shares"], level["words"], level["ends"]),
                shape=(len(level["contexts"]), tokens),
            )
            table.check_format()  # of a file's arrays: scipy would follow them out of the memory
            left = level["left"][row[seen], None] * shares[seen]
            shares[seen] = table[row[seen]].toarray() + left
        return np.log(np.maximum(shares, FLOOR))


def contexts(values: np.ndarray, x: Any, at: np.ndarray, base: int, length: int) -> np.ndarray:
    """The last `length` tokens up to each of these positions, as one number each: int64.

    values: the numbers of x's tokens, below base - 1, which stands for those before a text. The
    nearest token is the lowest digit, so that `% base**k` gives the last k.
    """
    first = x.starts.repeat_interleave(x.lengths).numpy()[at]
    code = np.zeros(len(at), np.int64)
    for back in range(length):
        inside = at - back >= first
        code += np.where(inside, values[np.maximum(at - back, 0)], base - 1) * base**back
    return code


def _level(context: np.ndarray, word: np.ndarray, counts: np.ndarray) -> dict[str, np.ndarray]:
    """One order: for each context, sorted, the words after it, their shares, and what is left."""
    known, row = np.unique(context, return_inverse=True)
    taken = _discounts(counts)[np.minimum(counts, 3) - 1]
    total = np.bincount(row, counts)
    return {
        "contexts": known,
        "ends": np.append(0, np.cumsum(np.bincount(row))),
        "words": word,
        "shares": (counts - taken) / total[row],
        "left": np.bincount(row, taken) / total,
    }


def _discounts(counts: np.ndarray) -> np.ndarray:
    """What is taken from counts of 1, of 2, and of 3 or more (equation 26)."""
    n = np.array([(counts == k).sum() for k in range(1, 5)], float)
    y = n[0] / max(n[0] + 2 * n[1], 1)
    k = np.arange(1, 4)
    return np.clip(k - (k + 1) * y * n[1:] / np.maximum(n[:3], 1), _LEAST, k - _LEAST)
