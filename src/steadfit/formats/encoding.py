"""Bytes of a text file as text: what is no UTF-8 is asked for, never mangled."""

import codecs
from pathlib import Path

from steadfit.errors import SteadfitError
from steadfit.formats.packed import unpacked
from steadfit.regular_files import read_regular

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HEAD = 2**16  # bytes that tell UTF-16
_LIKELY = ("windows-1252", "windows-1251", "shift_jis", "gb18030")


def read_text(path: Path, encoding: str | None = None) -> str:
    """A whole text file, unpacked where it is compressed, line ends as "\\n".

    encoding: a name that Python knows. If None, a byte order mark decides, or the zeros of UTF-16
    without one, or else the file must be UTF-8: other encodings cannot be told apart for certain.
    Raises SteadfitError, with line, byte, and how the place would read in likely encodings, where
    it is not.
    """
    try:
        packed = read_regular(path)
    except OSError as error:
        raise SteadfitError(f"{path} cannot be read: {error.strerror}.") from None
    content = unpacked(path, packed)
    marked = next((name for mark, name in _MARKS if content.startswith(mark)), _unmarked(content))
    try:
        text = content.decode(encoding or marked)
    except UnicodeDecodeError as error:
        raise _wrong(path, content, encoding or marked, error) from None
    except UnicodeError as error:  # of codecs that are for names in the Internet, not for files
        raise SteadfitError(
            f'{path} cannot be read as "{encoding}" ({error}). Name the encoding that it was '
            'saved in, most often "utf-8".'
        ) from None
    except (LookupError, ValueError):
        raise SteadfitError(f'There is no encoding "{encoding}". Try "utf-8".') from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise SteadfitError(
            f"{path} line {line} has a zero byte, which no text has that was saved as "
            f'{encoding or marked}. Name its encoding with the option encoding: "utf-16-le" is '
            "likely, or is it a text file?"
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _unmarked(content: bytes) -> str:
    """UTF-16 where every second byte is most often zero, and of the others none is; else UTF-8.

    >>> _unmarked("1,\u00e9".encode("utf-16-le")), _unmarked("1,\u00e9".encode())
    ('utf-16-le', 'utf-8')
    """
    head = content[:_HEAD]
    for name, zeros, others in (("utf-16-le", head[1::2], head[::2]),
                                ("utf-16-be", head[::2], head[1::2])):  # fmt: skip
        if 2 * zeros.count(0) > len(zeros) and not others.count(0):
            return name
    return "utf-8"


def _wrong(path: Path, content: bytes, encoding: str, error: UnicodeDecodeError) -> SteadfitError:
    line = content.count(b"\n", 0, error.start) + 1
    begin = max(content.rfind(b"\n", 0, error.start) + 1, error.start - 12)
    end = content.find(b"\n", error.start)
    place = content[begin : min(end if end >= 0 else len(content), error.start + 12)]
    readings = []
    for name in _LIKELY:
        try:
            content.decode(name)
            readings.append(f'"{place.decode(name)}" as encoding="{name}"')
        except UnicodeDecodeError:
            continue
    hint = f"It would read {', or '.join(readings)}." if readings else "Is it a text file?"
    return SteadfitError(
        f"{path} line {line} is not {encoding}: byte 0x{content[error.start]:02x} at offset "
        f"{error.start}. {hint} Name its encoding with the option encoding, or save it as UTF-8."
    )
