"""What the commands are told of the data: options of the readers, alike for every command."""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from steadfit.cli.options import DATA

if TYPE_CHECKING:
    from steadfit.data import Dataset


_INSTEAD = {"pixels": "size"}  # of options that suit a model: those that a person gives in place


def _option(help: str) -> Parameter:
    return Parameter(group=DATA, negative=(), help=help)


@Parameter(name="*")
@dataclass(frozen=True)
class Writing:
    """How a file of tables, series or texts is written; None: as the reader has it by itself."""

    missing: Annotated[
        str | None,
        _option(
            "Missing values: refuse, drop; tables: fill; series: linear; forecasts: forward. "
            "[default: fill for tables, else refuse]"
        ),
    ] = None
    encoding: Annotated[str | None, _option("Encoding of a text file, e.g. windows-1252.")] = None
    delimiter: Annotated[str | None, _option("Character between a table's columns.")] = None
    decimal: Annotated[
        str | None, _option("Mark before decimals in a table, where it does not tell: . or ,")
    ] = None

    day_first: Annotated[
        bool | None,
        Parameter(
            group=DATA,
            negative="--month-first",
            help="Dates such as 1/2/2024 have the day, or the month, first, where nothing tells.",
        ),
    ] = None
    sheet: Annotated[str | None, _option("Sheet of a workbook, where several have cells.")] = None

    def given(self) -> dict[str, Any]:
        """What was told, by the readers' own names."""
        told = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in told.items() if value is not None}


@Parameter(name="*")
@dataclass(frozen=True)
class Reading(Writing):
    """All options of the readers, by their own names."""

    kind: Annotated[
        str | None,
        _option("What a row of numbers is: table or series; or a file's suffix, like .csv."),
    ] = None
    limit: Annotated[int | None, _option("Use this many training examples.")] = None
    part: Annotated[
        str | None,
        _option(
            "train: ignore the data's own test set, and hold out a share of the training examples."
        ),
    ] = None
    classes: Annotated[
        str | None, _option("seen: leave out classes with too few training examples.")
    ] = None
    size: Annotated[
        list[int] | None,
        Parameter(
            group=DATA,
            negative=(),
            consume_multiple=True,
            help="Side that a folder's images are brought to, or height and width.",
        ),
    ] = None
    pixels: Annotated[
        int | None,
        _option(
            "Of the longer side, at most, where no size is given. [default: 64; those that a "
            "pretrained network was trained on]"
        ),
    ] = None
    fit: Annotated[
        Literal["pad", "crop"] | None,
        _option("pad: images are shown whole. crop: they fill the size. [default: pad]"),
    ] = None
    layout: Annotated[
        str | None, _option("Axes of an .npz file's images: channels_first, channels_last.")
    ] = None
    image: Annotated[
        tuple[int, int] | None, _option("Height and width, where an .npz file has flat rows.")
    ] = None
    damaged: Annotated[
        float | None, _option("Largest share of unreadable images. [default: 0.05]")
    ] = None
    labels: Annotated[str | None, _option("Table with a row an image: its file, its label.")] = None
    label_from: Annotated[
        str | None, _option("Pattern of images' names with their label: {label}_*")
    ] = None
    group_by: Annotated[
        str | None,
        _option("Column of --labels, or pattern with {group}: such images stay on one side."),
    ] = None
    target: Annotated[str | None, _option("Column to learn; several with commas.")] = None
    text: Annotated[str | None, _option("Column of texts; several with commas.")] = None
    series: Annotated[
        str | None, _option("Column that names a row's series; several with commas.")
    ] = None
    time: Annotated[str | None, _option("Column of times; several with commas: year,month.")] = None
    zone: Annotated[
        str | None, _option("Time zone of a forecast's times, e.g. Europe/Berlin, or UTC.")
    ] = None
    values: Annotated[str | None, _option("Columns of a series' values, with commas.")] = None
    group: Annotated[
        str | None, _option("Column whose equal rows stay on one side of every split.")
    ] = None
    horizon: Annotated[int | None, _option("Steps to forecast.")] = None
    window: Annotated[int | None, _option("Steps that a forecast is made from.")] = None
    season: Annotated[str | None, _option("Steps of a season, or several: 24,168.")] = None
    known: Annotated[
        str | None, _option("Columns known of the steps to forecast too, with commas.")
    ] = None
    static: Annotated[
        str | None, _option("Columns that are the same in all rows of a series, with commas.")
    ] = None
    calendar: Annotated[
        str | None, _option("Parts of the date to use, with commas: hour, weekday, month.")
    ] = None
    fill: Annotated[
        str | None,
        _option("Gaps of a forecast's table, cells and rows: forward, season, interpolate."),
    ] = None
    log: Annotated[
        bool | None, _option("Learn the logarithms of what is forecast, which must be above 0.")
    ] = None
    quantiles: Annotated[
        str | None, _option("Quantiles to forecast, with commas: 0.1,0.5,0.9.")
    ] = None
    task: Annotated[
        str | None, _option("What is predicted: classes, numbers, several, tokens.")
    ] = None
    several: Annotated[
        str | None, _option("Mark between the labels of one example, as ';' in red;round.")
    ] = None
    block: Annotated[int | None, _option("Tokens of a plain text's blocks. [default: 1024]")] = None
    unit: Annotated[
        str | None,
        _option("What a text is cut into: words, characters; a plain text also bytes, subwords."),
    ] = None
    vocabulary: Annotated[
        int | None, _option("How many subwords a plain text is cut into. [default: 1000]")
    ] = None
    strip: Annotated[
        str | None, _option("What is taken out of texts, with commas: html, urls.")
    ] = None
    longest: Annotated[
        int | None, _option("Words or characters that are read of a text, at most.")
    ] = None
    vectors: Annotated[
        str | None, _option("Pretrained word vectors as text: word2vec, GloVe, fastText.")
    ] = None
    test_file: Annotated[
        str | None, _option("A table of the same columns that is the test set.")
    ] = None
    length: Annotated[int | None, _option("Steps of the built-in adding and copy.")] = None

    def read(self, source: str, **usual: Any) -> "Dataset":
        """The data set, by the options that were given. usual: others, where the source has them
        and they were not."""
        from steadfit.data import read, taken

        given = self.given()
        usual = {name: value for name, value in usual.items() if _INSTEAD.get(name) not in given}
        others = taken(source, usual | given) if usual else {}
        return read(source, **{**others, **given})
