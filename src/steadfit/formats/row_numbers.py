"""Where the rows of a CSV file are, as editors and Excel number them: empty lines count."""

import csv

import numpy as np

from steadfit.formats.dialect import Dialect


def places_of_rows(body: str, dialect: Dialect, rows: int) -> np.ndarray:
    r"""The place of each row below the header, from 0, with the empty lines before it counted.

    body: from the header on. rows: how many there are, bad ones too.

    >>> places_of_rows("a,b\n1,2\n\n3,4\n", Dialect(",", 0), 2).tolist()
    [0, 2]
    """
    if "\n\n" not in body.strip("\n"):
        return np.arange(rows)
    try:
        header, *places = (place for place, row in enumerate(dialect.rows(body)) if row)
    except csv.Error:  # a cell of more letters than the module takes
        return np.arange(rows)
    if len(places) != rows:
        return np.arange(rows)
    return np.array(places, np.int64) - header - 1
