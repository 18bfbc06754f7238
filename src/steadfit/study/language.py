"""What is said of language models: bits of characters, perplexity of words."""

from collections.abc import Sequence

from steadfit.data import Ragged, Split
from steadfit.data.tokens import per_token
from steadfit.study.result import ArmResult


def token_sentences(split: Split, arms: Sequence[ArmResult], best: str) -> tuple[str, ...]:
    """The baseline's and the best arm's loss over all tokens held out, as people compare it.

    The mean over replicas. Nothing for other tasks, or where every replica failed.
    """
    if split.test.task != "tokens":
        return ()
    assert isinstance(split.test.x, Ragged)
    unit = split.test.x.unit
    known = {arm.name: arm.facts["test_loss"] for arm in arms if "test_loss" in arm.facts}
    shown = [name for name in dict.fromkeys((arms[0].name, best)) if name in known]
    if not shown:
        return ()
    values = "; ".join(f"{name} {per_token(known[name], unit)}" for name in shown)
    return (f"Over all {int((split.test.y >= 0).sum()):,} {unit} held out: {values}.",)
