"""What is said of language models: bits of characters, perplexity of words."""

from collections.abc import Sequence

from steadfit.data import Split
from steadfit.study.result import ArmResult
from steadfit.tasks import Tokens


def token_sentences(split: Split, arms: Sequence[ArmResult], best: str) -> tuple[str, ...]:
    """The baseline's and the best arm's loss over all tokens held out, as people compare it.

    The mean over replicas. Nothing for other tasks, or where every replica failed.
    """
    task = split.test.schema.task
    if not isinstance(task, Tokens):
        return ()
    known = {arm.name: arm.facts["test_loss"] for arm in arms if "test_loss" in arm.facts}
    shown = [name for name in dict.fromkeys((arms[0].name, best)) if name in known]
    if not shown:
        return ()
    values = "; ".join(f"{name} {task.per_token(known[name])}" for name in shown)
    return (f"Over all {task.answers(split.test.y):,} {task.unit} held out: {values}.",)
