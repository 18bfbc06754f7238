"""A fit in figures and sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from steadfit.report import wording
from steadfit.report.explain import HALVED, against_naive, as_compared, of_tokens
from steadfit.report.sections import FACTS, SHARES, SHOWN_MISTAKES, Grid, labels
from steadfit.report.tables import Summary

if TYPE_CHECKING:
    from steadfit.study.fit_result import FitResult, ReferenceFacts

MOST_UNKNOWN = 0.5  # of the test texts' words, beyond which it is said
SHOWN_CLASSES = 12  # those with the most errors


def fit_summary(result: FitResult) -> Summary:
    """A fit for a terminal: the data and the model, its figures, what else there is to say.

    A rich renderable, as `summary` of a study: `rich.print(fit_summary(fitted.result))`.
    """

    def parts(width: int) -> Iterable[Text | Table]:
        yield Text(wording.sizes_of(result.data, result.settings, result.parameters))
        yield Text(f"Trained once on all the training data, {_how(result)}.\n")
        made = Table(box=None, pad_edge=False, show_header=False)
        made.add_column()
        made.add_column(justify="right")
        for name, figure in figures(result):
            made.add_row(Text(name), Text(figure))
        yield made
        for grid in confusions(result):
            yield Text("")
            yield _table(grid)
        for sentence in explain_fit(result):
            yield Text(f"\n{wording.printable(sentence)}")

    return Summary(parts)


def figures(result: FitResult) -> Iterator[tuple[str, str]]:
    """A fit's figures, each with its name."""
    words = wording.words_of(result.measured)
    yield f"test {words.name}, {words.unit}", wording.quantity(result.loss)
    error = "error" if result.label_scores is None else "hamming"
    if result.error is not None:
        yield f"test {wording.words_of(error).name}", wording.percent(result.error, 2)
    if result.label_scores is not None:
        yield "exact match", wording.percent(result.label_scores.exact_match, 1)
        yield "macro F1", wording.quantity(result.label_scores.macro_f1)
        yield "micro F1", wording.quantity(result.label_scores.micro_f1)
    for rival in result.references:
        if rival.loss is not None:
            share = "" if rival.error is None else f", {wording.percent(rival.error, 2)} "
            errors = wording.ERRORS[error] if share else ""
            yield f"reference: {rival.name}", f"{wording.quantity(rival.loss)}{share}{errors}"
    for name, losses in (("training", "train_loss"), ("validation", "validation_loss")):
        if curve := result.curves.get(losses):
            first, last = wording.quantity(curve[0]), wording.quantity(curve[-1])
            yield f"{name} loss, first and last epoch", f"{first} → {last}"
    for name, words in FACTS.items():
        if name in result.facts:
            value = result.facts[name]
            share = name in SHARES
            yield words, wording.percent(value, 1) if share else wording.quantity(value)


def confusions(result: FitResult) -> Iterator[Grid]:
    """The errors of each class, the most first, and what is taken for what; none without any. Of
    several labels, how well each is found."""
    if result.label_scores is not None:
        yield labels(result.label_scores, SHOWN_CLASSES)
    found = result.confusion
    if not found.confused:
        return
    shares = sorted(found.classes, key=lambda one: -one.wrong / one.points)
    rows = [
        (wording.visible(one.name), f"{one.points:,}", wording.percent(one.wrong / one.points, 1))
        for one in shares[:SHOWN_CLASSES]
    ]
    more = len(shares) - len(rows)
    rows += [(f"and {more:,} with fewer errors", "", "")] if more else []
    yield Grid(("class", "test points", "errors"), tuple(rows))
    pairs = [
        (wording.visible(one.label), wording.visible(one.said), f"{one.count:,}")
        for one in found.confused[:SHOWN_MISTAKES]
    ]
    yield Grid(("true class", "taken for", "times"), tuple(pairs), (0, 1))


def _table(grid: Grid) -> Table:
    made = Table(box=None, pad_edge=False)
    for place, heading in enumerate(grid.headings):
        made.add_column(Text(heading), justify="left" if place in grid.words else "right")
    for row in grid.rows:
        made.add_row(*map(Text, row))
    return made


def explain_fit(result: FitResult) -> tuple[str, ...]:
    """What there is to say of a fit beside its figures, in sentences."""
    said = []
    if (worse := worse_than_guessing(result.loss, result.error, result.references)) is not None:
        said.append(worse)
    if (rival := as_good(result)) is not None:
        said.append(rival)
    if result.scaled_errors is not None:
        said.append(against_naive(result.scaled_errors, "the model"))
    if result.token_losses is not None:
        said.append(of_tokens(result.token_losses))
    if (unknown := result.facts.get("unknown_tokens", 0.0)) > MOST_UNKNOWN:
        said.append(
            f"The network does not know {wording.percent(unknown)} of the test texts' words: it "
            "learns those that two training texts have. More texts, pretrained vectors or "
            "characters as tokens would help."
        )
    if "halvings" in result.facts:
        said.append(
            "Memory was too small for the batches: they were halved "
            f"{result.facts['halvings']:g} times, {HALVED}."
        )
    left_out = (rival.left_out for rival in result.references if rival.left_out)
    return (*said, *(f"Reference left out: {why}" for why in left_out))


def worse_than_guessing(
    loss: float, error: float | None, references: Iterable[ReferenceFacts]
) -> str | None:
    """A sentence where a network's loss is above that of the first reference, which guesses."""
    guess = next(iter(references), None)
    if guess is None or guess.loss is None or loss <= guess.loss:
        return None
    figures = f"the loss is {loss:.4g}, and that of {guess.name} {guess.loss:.4g}"
    if error is not None and guess.error is not None and error < guess.error:
        return (
            f"Far too sure: {figures}. It is right more often than guessing, but says so with "
            "probabilities that are worse than none. Use what it answers, not how sure it is, or "
            "fit a temperature: the remedy calibrate."
        )
    return f"Worse than guessing: {figures}. Do not use this model."


def as_good(result: FitResult) -> str | None:
    """A sentence where the strongest reference, which is no guess, has no higher loss."""
    rivals = [rival for rival in result.references[1:] if rival.loss is not None]
    best = min(rivals, key=lambda rival: rival.loss or 0.0, default=None)
    if best is None or best.loss is None or best.loss > result.loss:
        return None
    found, both = result.token_losses, (best.loss, result.loss)
    theirs, ours = (
        f"{loss:.4g}" if found is None else f"{loss:.4f} nats, {as_compared(found, loss)}"
        for loss in both
    )
    return (
        f"{wording.capital(best.name)} is as good or better on the test points: its loss is "
        f"{theirs}; the model's is {ours}."
    )


def _how(result: FitResult) -> str:
    names = "+".join(
        one.name if one.strength is None else f"{one.name}={one.strength}"
        for one in result.remedies
    )
    return f"with {names}, seed {result.seed}" if names else f"seed {result.seed}"
