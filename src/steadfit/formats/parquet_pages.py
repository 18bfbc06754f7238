"""What the pages of a Parquet file say that they unpack to; its footer may say anything.

Arrow takes what a page says when it comes to it, and fails where the page unpacks to something
else. So all pages are asked before Arrow reads the first. A page begins with a Thrift structure in
the compact protocol: https://parquet.apache.org/docs/file-format/data-pages/.
"""

from dataclasses import dataclass
from io import BufferedReader
from typing import Any

_LONGEST_FOOTER = 32 * 2**20  # bytes; parsed it takes some 20 times as many
_MOST_BYTES = 20_000_000  # of all headers together: more than half a million pages
_DEEPEST = 8  # structures within structures
# Fields by their numbers in the format's definition: of a page's header, and of what is in it.
_UNPACKED, _PACKED, _DATA, _DICTIONARY, _DATA_2 = 2, 3, 5, 7, 8
_ENCODING = {_DATA: 2, _DATA_2: 4}
_DELTA_BYTE_ARRAY = 7


@dataclass(frozen=True)
class Pages:
    """Of all columns together, in bytes.

    unpacked: all pages. row: the most that one row can take. A text of a dictionary, or one that
    begins as the one before it does, is in its page once and may be in all rows.
    """

    unpacked: int
    row: int


def check_footer(file: BufferedReader) -> None:
    """Raise ValueError where the description of the columns is longer than that of a sane file."""
    file.seek(-8, 2)
    length = int.from_bytes(file.read(4), "little")
    if length > _LONGEST_FOOTER:
        raise ValueError(f"its footer claims {length:,} bytes, and {_LONGEST_FOOTER:,} are read")
    file.seek(0)


def all_pages(file: BufferedReader, metadata: Any) -> Pages:
    """metadata: pyarrow's. Raises ValueError where there are no pages, or too many."""
    headers, unpacked = _Headers(file), 0
    rows = [8] * metadata.num_columns
    for group in range(metadata.num_row_groups):
        for column in range(metadata.num_columns):
            chunk = metadata.row_group(group).column(column)
            starts = (chunk.dictionary_page_offset or 0, chunk.data_page_offset)
            place = min((start for start in starts if start > 0), default=0)
            end = place + chunk.total_compressed_size
            while place < end:
                page, begins = headers.at(place)
                size = _size(page, _UNPACKED)
                unpacked += size
                if _repeats(page):
                    rows[column] = max(rows[column], size)
                place = begins + _size(page, _PACKED)
    return Pages(unpacked, sum(rows))


def _repeats(page: dict[int, Any]) -> bool:
    kinds = {kind: page[kind] for kind in _ENCODING if kind in page}
    if not all(isinstance(fields, dict) for fields in kinds.values()):
        raise ValueError("a page does not say its encoding")
    encodings = [fields.get(_ENCODING[kind]) for kind, fields in kinds.items()]
    return _DICTIONARY in page or _DELTA_BYTE_ARRAY in encodings


def _size(page: dict[int, Any], field: int) -> int:
    size = page.get(field)
    if not isinstance(size, int) or size < 0:
        raise ValueError("a page does not say its size")
    return size


class _Headers:
    """Reads structures, and no more bytes of them than `_MOST_BYTES`."""

    def __init__(self, file: BufferedReader) -> None:
        self.file = file
        self.left = _MOST_BYTES

    def at(self, place: int) -> tuple[dict[int, Any], int]:
        """The structure that begins at this place, and the place where it has ended."""
        self.file.seek(place)
        return self.structure(_DEEPEST), self.file.tell()

    def structure(self, deepest: int) -> dict[int, Any]:
        """Its fields by their numbers: whole numbers and structures; anything else is None."""
        if not deepest:
            raise ValueError("the header of a page is nested too deeply")
        found, number = {}, 0
        while kind := self.byte():
            number = number + (kind >> 4) if kind >> 4 else self.signed()
            found[number] = self.value(kind & 15, deepest)
        return found

    def value(self, kind: int, deepest: int) -> Any:
        if kind in (4, 5, 6):  # whole numbers of 16, 32 and 64 bits
            return self.signed()
        if kind == 12:
            return self.structure(deepest - 1)
        if kind in (1, 2):  # true and false have no byte of their own
            return None
        if kind not in (3, 7, 8):  # a byte, a float of 64 bits, a text with its length in front
            raise ValueError("the header of a page has a field that no page has")
        self.file.seek({3: 1, 7: 8}.get(kind) or self.unsigned(), 1)
        return None

    def signed(self) -> int:
        number = self.unsigned()
        return number >> 1 ^ -(number & 1)

    def unsigned(self) -> int:
        number = 0
        for shift in range(0, 70, 7):
            byte = self.byte()
            number |= (byte & 127) << shift
            if byte < 128:
                return number
        raise ValueError("the header of a page has a number that is too long")

    def byte(self) -> int:
        byte = self.file.read(1)
        self.left -= 1
        if not byte or self.left < 0:
            raise ValueError("it ends within a page" if not byte else "it has too many pages")
        return byte[0]
