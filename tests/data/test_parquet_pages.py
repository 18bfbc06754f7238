"""What the pages of a Parquet file take: an honest footer says the same."""

import io
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from steadfit.data import read
from steadfit.errors import SteadfitError
from steadfit.formats.parquet_pages import all_pages, check_footer

N = 3_000
WORDS = [f"word {i % 7}" * (i % 5) for i in range(N)]
TABLE = pa.table(
    {
        "number": np.random.default_rng(0).normal(size=N),
        "count": [None if i % 3 else i for i in range(N)],
        "word": WORDS,
        "label": pa.array(WORDS).dictionary_encode(),
    }
)


def written(**settings: object) -> io.BytesIO:
    file = io.BytesIO()
    parquet.write_table(TABLE, file, data_page_size=1_000, row_group_size=700, **settings)
    return file


def pages_of(file: io.BytesIO):
    return all_pages(io.BufferedReader(io.BytesIO(file.getvalue())), parquet.read_metadata(file))


@pytest.mark.parametrize("compression", ["none", "snappy", "gzip", "zstd"])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("dictionary", [False, True])
@pytest.mark.parametrize("checksums", [False, True])
def test_they_unpack_to_what_an_honest_footer_says(
    compression: str, version: str, dictionary: bool, checksums: bool
) -> None:
    """Which counts the headers too; they are all there is in a chunk but for the pages."""
    file = written(
        compression=compression, data_page_version=version, use_dictionary=dictionary,
        write_page_checksum=checksums, write_statistics=True,
    )  # fmt: skip
    metadata = parquet.read_metadata(file)
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    chunks = [group.column(i) for group in groups for i in range(group.num_columns)]
    headers = sum(chunk.total_uncompressed_size for chunk in chunks) - pages_of(file).unpacked
    assert 0 < headers < 60 * sum(chunk.num_values for chunk in chunks) / 10
    if compression == "none":
        assert sum(c.total_compressed_size for c in chunks) == pages_of(file).unpacked + headers


def test_a_row_takes_at_most_the_dictionaries(tmp_path: Path) -> None:
    assert pages_of(written(use_dictionary=False)).row == 4 * 8
    longest = sum(len(word) + 4 for word in set(WORDS))  # a dictionary: each with its length
    assert pages_of(written(use_dictionary=["word"])).row <= 3 * 8 + 2 * longest
    assert pages_of(written(use_dictionary=["word"])).row >= 3 * 8 + max(map(len, WORDS))


@given(place=st.integers(4, 4_000), byte=st.integers(0, 255))
def test_a_damaged_header_is_an_error_and_nothing_else(place: int, byte: int) -> None:
    good = written()
    content = bytearray(good.getvalue())
    content[place] = byte
    damaged = io.BufferedReader(io.BytesIO(bytes(content)))
    with suppress(ValueError):
        all_pages(damaged, parquet.read_metadata(good))


def test_a_footer_that_claims_a_gigabyte_is_not_read(tmp_path: Path) -> None:
    content = bytearray(written().getvalue())
    content[-8:-4] = (10**9).to_bytes(4, "little")
    with pytest.raises(ValueError, match="its footer claims 1,000,000,000 bytes"):
        check_footer(io.BufferedReader(io.BytesIO(bytes(content))))
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(SteadfitError, match=r"not a complete Parquet file .its footer claims"):
        read(tmp_path / "a.parquet")


def test_a_file_without_columns_is_a_sentence(tmp_path: Path) -> None:
    parquet.write_table(pa.table({}), tmp_path / "a.parquet")
    with pytest.raises(SteadfitError, match="has no rows"):
        read(tmp_path / "a.parquet")
