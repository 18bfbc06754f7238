"""Dates as people and programs of many countries write them, in the form of ISO 8601."""

import re
import unicodedata
from datetime import date, timedelta
from functools import cache

_MONTHS = (  # of English, German, French, Spanish, Italian, Portuguese and Dutch
    "january januar janvier enero gennaio janeiro januari",
    "february februar fevrier febrero febbraio fevereiro februari",
    "march marz maerz mrz mars marzo marco maart mrt",
    "april avril abril aprile",
    "may mai mayo maggio maio mei",
    "june juni juin junio giugno junho",
    "july juli juillet julio luglio julho",
    "august aout agosto augustus",
    "september septembre septiembre settembre setembro",
    "october oktober octobre octubre ottobre outubro",
    "november novembre noviembre novembro",
    "december dezember decembre diciembre dicembre dezembro",
)
_SHORT = 3  # letters of a month, at least
_LONGEST = 80  # characters of a date
_REST = r"(?P<rest>(?:[ T,:].*)?)"
_WORD = r"(?P<word>[^\W\d_]{3,12})\.?"
_YEAR, _YEARS = r"(?P<year>\d{4})", r"(?P<year>\d{4}|\d\d)"
_QUARTER, _HALF = r"(?:Q|T|Qtr\.?|Quarter|Quartal|Trimestre)", r"(?:H|S)"
_WEEK = r"(?:W|KW|wk|week)"
_STYLES = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"(?P<day>\d\d?)\.(?P<month>\d\d?)\.{_YEAR}{_REST}",  # 31.1.2024 13:00
        rf"{_YEAR}[/.](?P<month>\d\d?)[/.](?P<day>\d\d?){_REST}",  # 2024/1/31
        rf"{_YEAR}-(?P<month>\d\d?)-(?P<day>\d\d?){_REST}",  # 2024-1-31
        rf"{_YEAR}(?P<month>\d\d)(?P<day>\d\d){_REST}",  # 20240131 13:00
        rf"{_YEAR}-(?P<yearday>\d{{3}}){_REST}",  # 2024-031 13:00
        rf"{_YEAR}(?:[-/ ]| ?M)(?P<month>\d\d?)",  # 1949-01, 1949M01
        r"(?P<month>\d\d?)[./-](?P<year>\d{4})",  # 01.1949, 1/1949
        rf"{_YEAR}[-/ :]?{_QUARTER} ?(?P<quarter>[1-4])",  # 1970 Q1
        rf"{_QUARTER} ?(?P<quarter>[1-4])[-/ .'’]*{_YEARS}",  # Q1 1970, Q1/70
        rf"(?P<quarter>[1-4])(?:\.|st|nd|rd|th|er|e|º)? ?{_QUARTER}[-/ .'’]*(?:de )?{_YEARS}",
        rf"{_YEAR}[-/ ]?{_HALF}(?P<half>[12])",  # 2024-H1
        rf"{_HALF}(?P<half>[12])[-/ ]?{_YEAR}",
        rf"{_YEAR}[-/ ]?{_WEEK} ?(?P<week>\d\d?)(?:-(?P<weekday>[1-7]))?",  # 2020-W05
        rf"{_WEEK}[ .]*(?P<week>\d\d?)[-/ ,]+{_YEAR}",  # KW 5/2020
        rf"(?P<week>\d\d?)\. ?{_WEEK}[-/ ,]+{_YEAR}",  # 5. KW 2020
        rf"(?P<day>\d\d?)(?:st|nd|rd|th|er|º)?[ ./-]+(?:de )?{_WORD}[ .,/-]+(?:de )?"
        rf"{_YEARS}{_REST}",  # 31 Jan 2024, 31. Januar 2024, 31/Jan/2024:13:00
        rf"{_WORD}[ .]+(?P<day>\d\d?)(?:st|nd|rd|th)?,? +{_YEAR}{_REST}",  # Jan 31, 2024
        rf"{_WORD} +(?P<day>\d\d?)(?P<rest> \d\d:\d\d:\d\d) {_YEAR}",  # Jan 31 13:00:00 2024
        rf"{_WORD}(?:[ .,/-]+|[ /-]*['’]|(?= de ))(?: ?de )?{_YEAR}",  # Jan 2024, enero de 2024
        rf"{_WORD}(?:[/-]|[ /-]?['’]){_YEARS}",  # Jan-24, Jan'24
        rf"{_YEAR}[ .-]?{_WORD}(?:[ .-](?P<day>\d\d?){_REST})?",  # 2024 Jan, 2024-Jan-31
    )
)
_MONTH_AND_TWO = re.compile(rf"{_WORD}[/-](\d\d)")  # Jan-24
_ISO = re.compile(  # as most programs write them: known at a glance
    r"\d{4}-\d\d-\d\d(?:[T ](?:[01]\d|2[0-3]):\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?)?"
)
_WEEKDAY = re.compile(r"[^\W\d_]{2,10}[.,]{0,2} +(?=\S)")  # before a date
_CLOCK = re.compile(r"[ T,:]+(\d\d?)(:\d\d.*?)\s*(?:([ap])\.?\s?m\.?)?", re.I)  # 9:05, 1:05 PM
_POINTS = re.compile(r"[ T,]+(\d\d?)[.h](\d\d)(?:[.m](\d\d))?s?")  # 13.00, 13h00
_DIGITS = re.compile(r"(\d{4})(\d\d)(?:(\d\d)(?:[T ]?(\d\d)(?:(\d\d)(\d\d)?)?)?)?")
_NINE = re.compile(r"(:\d\d\.\d{6})\d{1,3}")  # nanoseconds
_APART = re.compile(r"(:\d\d(?:\.\d+)?) (?=[+-]\d\d)")  # of a time and its zone
_ENDS = re.compile(r"(\d{4}-\d\d-\d\d)[ T]24:00(?::00)?")
_OF_ZONES = {
    "utc": "Z", "gmt": "Z", "z": "Z", "wet": "+00:00", "west": "+01:00", "cet": "+01:00",
    "cest": "+02:00", "mez": "+01:00", "mesz": "+02:00", "eet": "+02:00", "eest": "+03:00",
    "est": "-05:00", "edt": "-04:00", "mst": "-07:00", "mdt": "-06:00", "pst": "-08:00",
    "pdt": "-07:00",
}  # fmt: skip
_ZONE = re.compile(rf"(.*\d) ?({'|'.join(_OF_ZONES)})", re.I)


def iso(cell: str) -> str:
    """The date in the form of ISO 8601; of a month, quarter or half year its first day, of a week
    its Monday. Anything else comes back as it is.

    >>> iso("31.1.2024 13:00"), iso("1949-02"), iso("1970 Q2"), iso("2020-W05"), iso("soon")
    ('2024-01-31 13:00', '1949-02-01', '1970-04-01', '2020-01-27', 'soon')
    >>> iso("Mär 2024"), iso("31-Jan-24"), iso("Q1/24"), iso("2024-03-31 02:00 CEST")
    ('2024-03-01', '2024-01-31', '2024-01-01', '2024-03-31 02:00+02:00')
    """
    if _ISO.fullmatch(cell):
        return cell
    bare, zone = cell.strip(), ""
    if len(bare) > _LONGEST:
        return cell
    if (found := _ZONE.fullmatch(bare)) and ":" in bare:
        bare, zone = found[1], _OF_ZONES[found[2].lower()]
    for text in (bare, _WEEKDAY.sub("", bare, count=1)):
        for style in _STYLES:
            if (match := style.fullmatch(text)) and (written := _of_parts(match.groupdict())):
                return with_clock(written, match.groupdict().get("rest") or "") + zone
    return cell


def compact(cell: str) -> str | None:
    """A date of digits alone, with or without a time, in the form of ISO 8601; None for other
    numbers.

    >>> compact("20240131"), compact("202401"), compact("202401311345"), compact("20241331")
    ('2024-01-31', '2024-01-01', '2024-01-31 13:45', None)
    """
    found = _DIGITS.fullmatch(cell)
    if found is None or not ("1900" if found[4] else "1800") <= found[1] <= "2199":
        return None
    day, clock = _date(int(found[1]), int(found[2]), int(found[3] or 1)), found[4]
    if day is None or not clock:
        return day
    return f"{day} {clock}:{found[5] or '00'}{f':{found[6]}' if found[6] else ''}"


def with_clock(day: str, rest: str) -> str:
    """A day with what follows it, as a time of ISO 8601: hours from 0 to 23 of two digits."""
    if len(rest) > _LONGEST:
        return f"{day}{rest}"
    if (points := _POINTS.fullmatch(rest)) is not None:
        rest = f" {':'.join(filter(None, points.groups()))}"
    if (clock := _CLOCK.fullmatch(rest)) is not None:
        hour = int(clock[1])
        if clock[3]:
            hour = hour % 12 + 12 * (clock[3].lower() == "p")
        rest = f" {hour:02}{clock[2]}"
    written = _APART.sub(r"\1", _NINE.sub(r"\1", f"{day}{rest}"))
    if (end := _ENDS.fullmatch(written)) is not None:  # the end of a day is the next one's begin
        following = _later(end[1], 1)
        return f"{following} 00:00" if following else written
    return written


def month_and_two_digits(cell: str) -> tuple[int, int] | None:
    """The month, and two digits after it that could be a year or a day; None of anything else.

    >>> month_and_two_digits("Jan-24"), month_and_two_digits("Jan'24")
    ((1, 24), None)
    """
    found = _MONTH_AND_TWO.fullmatch(cell.strip())
    month = found and month_of(found[1])
    return (month, int(found[2])) if found and month else None


def whole_year(year: str) -> int:
    """A year of four digits, or of two as POSIX has them."""
    return int(year) if len(year) > 2 else int(year) + (1900 if int(year) >= 69 else 2000)


def _of_parts(parts: dict[str, str | None]) -> str | None:
    """The first day that the parts of a date mean; None where there is no such."""
    year = whole_year(parts["year"] or "")
    if week := parts.get("week"):
        return _week(year, int(week), int(parts.get("weekday") or 1))
    if yearday := parts.get("yearday"):
        day = _later(f"{year:04}-01-01", int(yearday) - 1)
        return day if day and day.startswith(f"{year:04}") else None
    if word := parts.get("word"):
        month = month_of(word)
    elif half := parts.get("half"):
        month = 6 * int(half) - 5
    else:
        month = int(parts.get("month") or 3 * int(parts.get("quarter") or 1) - 2)
    return None if month is None else _date(year, month, int(parts.get("day") or 1))


def _date(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _later(day: str, days: int) -> str | None:
    """The day so many days after one; None where there is none."""
    try:
        return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
    except (ValueError, OverflowError):
        return None


def _week(year: int, week: int, weekday: int) -> str | None:
    try:
        return date.fromisocalendar(year, week, weekday).isoformat()
    except ValueError:
        return None


@cache
def month_of(word: str) -> int | None:
    """The number of the month that begins with a word in one of the languages; None where none
    does, or two.

    >>> month_of("Mär"), month_of("sept"), month_of("août"), month_of("jui"), month_of("soon")
    (3, 9, 8, None, None)
    """
    letters = unicodedata.normalize("NFKD", word.casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    found = {number for number, names in enumerate(_MONTHS, start=1)
             if any(name.startswith(plain) for name in names.split())}  # fmt: skip
    return found.pop() if len(found) == 1 and len(plain) >= _SHORT else None
