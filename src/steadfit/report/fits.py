"""A fit in figures and sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from steadfit.report import numbers, wording
from steadfit.report.explain import HALVED, against_naive, as_compared, of_tokens
from steadfit.report.sections import FACTS, SHARES, SHOWN_MISTAKES, Grid, labels
from steadfit.report.tables import Summary

if TYPE_CHECKING:
    from steadfit.study.fit_result import FitResult, ReferenceFacts

_ALIKE = 1.02  # times the loss of guessing, up to which a loss is the same
MOST_UNKNOWN = 0.5  # of the test texts' words, beyond which it is said
SHOWN_CLASSES = 12  # those with the most errors


def fit_summary(result: FitResult) -> Summary:
    """A fit for a terminal: the data and the model, its figures, what else there is to say.

    A rich renderable, as `summary` of a study: `rich.print(fit_summary(fitted.result))`.
    """

    def parts(width: int) -> Iterable[Text | Table]:
        yield Text(wording.sizes_of(result.data, result.settings, result.parameters))
        yield Text(f"{trained_how(result)}\n")
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


def headline(result: FitResult) -> str:
    """The figures that people read, in one line."""
    shown = [wording.in_words(value, one) for one, value in result.measures.items()]
    if result.error is not None:
        shown.append(wording.in_words(result.error, _errors(result)))
    if not result.measures:
        shown.append(wording.in_words(result.loss, result.measured))
    return f"{wording.capital(', '.join(shown))}."


def _errors(result: FitResult) -> str:
    """The measure that `error` is."""
    return "error" if result.label_scores is None else "hamming"


def figures(result: FitResult) -> Iterator[tuple[str, str]]:
    """A fit's figures, each with its name."""
    for one, value in (*result.measures.items(), (result.measured, result.loss)):
        words = wording.words_of(one)
        yield f"test {words.name}, {words.unit}", numbers.quantity(value)
    if result.error is not None:
        yield f"test {wording.words_of(_errors(result)).name}", numbers.percent(result.error, 2)
    if result.label_scores is not None:
        yield "exact match", numbers.percent(result.label_scores.exact_match, 1)
        yield "macro F1", numbers.quantity(result.label_scores.macro_f1)
        yield "micro F1", numbers.quantity(result.label_scores.micro_f1)
    for rival in result.references:
        if rival.loss is not None:
            yield f"reference: {rival.name}", _of_reference(rival, rival.loss, _errors(result))
    for name, losses in (("training", "train_loss"), ("validation", "validation_loss")):
        if curve := result.curves.get(losses):
            first, last = numbers.quantity(curve[0]), numbers.quantity(curve[-1])
            yield f"{name} loss, first and last epoch", f"{first} → {last}"
    for name, said in FACTS.items():
        if name in result.facts:
            value = result.facts[name]
            yield said, numbers.percent(value, 1) if name in SHARES else numbers.quantity(value)


def _of_reference(rival: ReferenceFacts, loss: float, errors: str) -> str:
    """Its figures as the fit's own are named: of numbers those in the target's units."""
    if rival.measures:
        return ", ".join(wording.in_words(value, one) for one, value in rival.measures.items())
    share = "" if rival.error is None else f", {numbers.percent(rival.error, 2)} "
    return f"{numbers.quantity(loss)}{share}{wording.ERRORS[errors] if share else ''}"


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
        (wording.visible(one.name), f"{one.points:,}", numbers.percent(one.wrong / one.points, 1))
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
            f"The network does not know {numbers.percent(unknown)} of the test texts' words: it "
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
    if loss < _ALIKE * guess.loss:
        return (
            f"No better than guessing: {figures}. The network has learned nothing, or nothing "
            "yet: train for more epochs, or with another learning rate."
        )
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
    loss = wording.words_of(result.measured).name if result.measures else "loss"
    return (
        f"{wording.capital(best.name)} is as good or better on the test points: its {loss} is "
        f"{theirs}; the model's is {ours}."
    )


def trained_how(result: FitResult) -> str:
    """On what, with which remedies and seed, in a sentence."""
    names = "+".join(
        one.name if one.strength is None else f"{one.name}={one.strength}"
        for one in result.remedies
    )
    remedies = f"with {names}, " if names else ""
    return f"Trained once on all the training data, {remedies}seed {result.seed}."
