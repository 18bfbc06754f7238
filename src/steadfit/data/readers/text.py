"""Plain text, for a language model: each character or word is to be told from those before it."""

from pathlib import Path

import torch

from steadfit.data.dataset import Dataset, Structure
from steadfit.data.schema import Schema
from steadfit.data.targets import TaskName
from steadfit.errors import SteadfitError
from steadfit.files import reading
from steadfit.formats.encoding import read_text
from steadfit.kinds import Ragged, Texts, Unit
from steadfit.kinds.subwords import learn_subwords, subwords
from steadfit.kinds.tokens import number_texts
from steadfit.machine import check_free
from steadfit.tasks import Tokens

_SUBWORDS = 1000
_PEAK = 20  # bytes of memory for each of the file's, as measured: two numbers a character, and text


def read(
    source: str | Path,
    *,
    unit: Unit = "characters",
    block: int = 1024,
    vocabulary: int | None = None,
    encoding: str | None = None,
    task: TaskName = "tokens",
) -> Dataset:
    """A text file as blocks in order; y is the next token at each step.

    unit: "characters", "words", "bytes" of UTF-8, or "subwords", which are learned from the first
        half of the text (`steadfit.kinds.subwords`).
    block: tokens of an example. Training carries the state through a block and starts anew with
        the next; samples are drawn and the text is divided in whole blocks, the last of which may
        be shorter.
    vocabulary: how many subwords there are, 1,000 if None.
    encoding: as in `read_text`. task: "tokens", the only one without labels.

    Raises SteadfitError for a text of fewer than two blocks.
    """
    path = Path(source)
    if task != "tokens":
        raise SteadfitError(
            f'{path.name} is plain text without labels, so its task must be "tokens", got '
            f'"{task}". Save texts with labels as a table (.csv).'
        )
    with reading(path):
        check_free(path.name, _PEAK * path.stat().st_size)
    whole, tokenizer = _numbered(read_text(path, encoding), path.name, unit, vocabulary)
    if block < 2:
        raise SteadfitError(f"block must be 2 or more {unit}, got {block}.")
    predicted = len(whole.values) - 1  # the first token is predicted by none
    if predicted <= block:
        raise SteadfitError(
            f"{path.name} must have more than one block of {block:,} {unit}, got "
            f"{predicted + 1:,} {unit}. Give a longer text or a smaller block."
        )
    lengths = torch.tensor([len(part) for part in torch.arange(predicted).split(block)])
    starts = torch.arange(len(lengths)) * block
    targets = torch.nn.utils.rnn.pad_sequence(
        list(whole.values[1:].split(block)), batch_first=True, padding_value=-100
    )
    return Dataset(
        name=path.stem,
        x=Ragged(whole.values[:-1], lengths, whole.tokens, unit),
        y=targets,
        schema=Schema(Texts(unit), Tokens(len(whole.tokens), unit, tokenizer)),
        structure=Structure(
            spans=torch.stack([torch.zeros_like(starts), starts + 1, starts + lengths], dim=1)
        ),
        ids=tuple(f"{unit[:-1]} {start}" for start in starts.tolist()),
        notes=(
            f"Read as {len(lengths):,} blocks of {block:,} {unit}: samples are drawn in whole "
            "blocks, and a network's state begins anew with each.",
        ),
    )


def _numbered(text: str, name: str, unit: Unit, vocabulary: int | None) -> tuple[Ragged, str]:
    """The text as numbers, and the tokenizer of subwords; the half that they are learned from is
    never held out, unless more than the other is."""
    if unit == "subwords":
        tokenizer = learn_subwords(
            text[: len(text) // 2], _SUBWORDS if vocabulary is None else vocabulary
        )
        return subwords(text, tokenizer), tokenizer
    if vocabulary is not None:
        raise SteadfitError(
            f"vocabulary is the number of subwords, got {vocabulary} for {unit}. Leave it out, or "
            'take unit="subwords".',
            unit="subwords",
        )
    return number_texts([text], [name], unit), ""
