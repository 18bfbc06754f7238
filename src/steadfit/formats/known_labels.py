"""Where a table has the labels of its rows, which new tables may have too."""

from dataclasses import dataclass

from steadfit.formats.columns import Columns
from steadfit.formats.marks import joined_marks


@dataclass(frozen=True)
class KnownLabels:
    """target: the column of labels. marks: columns of 0 and 1 in its place. mark: what stands
    between several labels; "" where each row has one. numeric: whether they are numbers."""

    target: str
    marks: tuple[str, ...] = ()
    mark: str = ""
    numeric: bool = False

    def labels(self, table: Columns) -> list[str]:
        """Those that a table has, "" where a cell is empty; none where it has no column of them."""
        if self.marks:
            return joined_marks(table, self.marks, self.mark)
        if self.target not in table.names:
            return []
        if self.mark:
            return table.label_lists(self.target).tolist()
        names = table.names_in if self.numeric else table.label_names
        return [cell or "" for cell in names(self.target)]
