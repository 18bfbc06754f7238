"""HTML and web addresses in texts: counted, and taken out where that is asked for."""

import re
from collections.abc import Callable, Mapping, Sequence
from html import unescape
from types import MappingProxyType

from steadfit.errors import counted, unknown

_NAMES = (
    "a|abbr|b|blockquote|body|br|button|center|code|dd|del|div|dl|dt|em|figure|font|footer|form|"
    "h[1-6]|head|header|hr|html|i|iframe|img|input|ins|label|li|link|main|mark|meta|nav|ol|option|"
    "p|pre|q|s|script|section|select|small|span|strike|strong|style|sub|sup|svg|table|tbody|td|"
    "textarea|tfoot|th|thead|title|tr|tt|u|ul|video"
)
_TAGS = re.compile(
    r"<(script|style)\b[^>]*>.*?</\1\s*>"  # what they hold is no text
    rf"|<!--.*?-->|<!doctype[^>]*>|</?(?:{_NAMES})(?:\s[^<>]*)?/?>",
    re.I | re.S,
)
_ENTITIES = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|[a-z]{2,8}|#\d{1,7}|#x[\da-f]{1,6});", re.I)
_ADDRESSES = re.compile(r"(?:https?://|www\.)[^\s<>\"]+", re.I)
_TOLD = 0.01  # the least share of texts with such that is worth a sentence


def _without_html(text: str) -> str:
    return unescape(_TAGS.sub(" ", text))


def _without_addresses(text: str) -> str:
    return _ADDRESSES.sub(" ", text)


STRIPS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {"html": _without_html, "urls": _without_addresses}
)


def stripped(texts: Sequence[str], strip: Sequence[str]) -> list[str]:
    """The texts without these. Raises SteadfitError for what is not in `STRIPS`.

    >>> stripped(["<p>so&nbsp;good<br>2 &lt; 3"], ["html"])[0].split()
    ['so', 'good', '2', '<', '3']
    """
    for name in strip:
        if name not in STRIPS:
            raise unknown("part of a text to strip", name, STRIPS)
    found = list(texts)
    for name in (name for name in STRIPS if name in strip):  # addresses in tags go with the tags
        found = list(map(STRIPS[name], found))
    return found


def markup_notes(texts: Sequence[str], strip: Sequence[str]) -> list[str]:
    """How many texts have HTML or web addresses, and whether they were taken out."""
    found = {
        "html": sum(bool(_TAGS.search(text) or _ENTITIES.search(text)) for text in texts),
        "urls": sum(bool(_ADDRESSES.search(text)) for text in texts),
    }
    notes = []
    for name, called in (("html", "HTML tags or entities"), ("urls", "web addresses")):
        if name in strip:
            notes.append(f"{called} were taken out of {counted(found[name], 'texts')}.")
        elif found[name] > _TOLD * len(texts):
            notes.append(
                f"{counted(found[name], 'texts')} of {len(texts):,} have {called}, which are read "
                f'as words; strip="{name}" takes them out.'
            )
    return [note[0].upper() + note[1:] for note in notes]
