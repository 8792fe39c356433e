"""How mail programs announce what they quote: "On Monday Layla wrote:", a block of headers, a line of dashes."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

LINES_MAX: Final = 4
"""Over how many lines an announcement may be folded."""
CHARACTERS_MAX: Final = 400
_HEADS_WITHIN: Final = 6
_HEADS_LEAST: Final = 2

_INVISIBLE: Final = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_TASHKIL: Final = re.compile("[\u064b-\u0652\u0640]")
_SPACE: Final = re.compile(r"\s+")
_YEAR: Final = re.compile(r"\b\d{4}\b|\d[/.-]\d{1,2}[/.-]\d")
_CLOCK: Final = re.compile(r"\d{1,2}[:.٫]\d{2}")

_OPENERS: Final = re.compile(
    r"(on|em|am|le|el|في|فى|بتاريخ|يوم|كتب|كتبت|كتب/كتبت|در|לפני|בתאריך|ב-\s?\d|ביום|בתאריך|لە|له|ڕۆژی|بتاریخ)\b",
    re.IGNORECASE,
)
_WROTE: Final = re.compile(
    r"\bwrote\b|\bwrites\b|a écrit|schrieb|escribió"
    r"|(?:^|[\s،,/])(?:كتب|كتبت|كتبه|كتبته)(?:[\s/:،]|$)|تمت كتابة ما يلي|قام .{1,80} بكتابة"
    r"|نوشت|نوشته است|مرقوم"
    r"|כתב(?:/ה|ה|/כתבה)?\b|\bמאת\b|הוסיף|נכתב על"
    r"|نے لکھا|نے تحریر کیا|لکھا ہے"
    r"|نووسی|نووسیویەتی|نوسی"
    r"|şun(?:u|ları) yazdı|\byazdı\b",
    re.IGNORECASE,
)

_FROM: Final = "from|von|de|من|از|از طرف|فرستنده|מאת|منجانب|از جانب|لە|لەلایەن|نێردراو لە|kimden|gönderen"
_OTHERS: Final = {
    "date": "sent|date|gesendet|datum|envoyé|تم الإرسال|تاريخ الإرسال|التاريخ|تاريخ|أرسلت|الإرسال|ارسال شده|ارسال|تاریخ"
    "|נשלח|נשלח בתאריך|תאריך|بھیجا گیا|بتاریخ|تاریخ ارسال|نێردرا|بەروار|ڕێکەوت|gönderil(?:di|me)|(?:gönderme )?tarihi?",
    "to": "to|an|à|إلى|الى|به|به کسی|گیرنده|אל|بنام|بخدمت|بۆ|kime|alıcı",
    "copy": "cc|kopie|نسخة|نسخة إلى|نسخه|עותק|העתק|نقل|bilgi",
    "subject": "subject|betreff|objet|الموضوع|موضوع|נושא|عنوان|بابت|بابەت|konu",
}
_FROM_LINE: Final = re.compile(rf"\*?(?:{_FROM})\s?:\*?\s?\S", re.IGNORECASE)
_OTHER_LINES: Final = tuple(re.compile(rf"\*?(?:{one})\s?:", re.IGNORECASE) for one in _OTHERS.values())

_DASHED: Final = re.compile(r"[-–—_=*]{4,}\s*[^-–—_=*].{2,70}?\s*[-–—_=*]{4,}")
_FORWARDED: Final = re.compile(
    r"begin forwarded message:|بداية الرسالة المعاد توجيهها:|תחילת ההודעה שהועברה:", re.IGNORECASE
)
_RULE: Final = re.compile(r"[_-]{8,}")
OURS: Final = re.compile("──.{3,200}──")
"""The line that our own letters begin with: "write above it"."""


def plain(line: str) -> str:
    """A line as it is looked at: no marks of direction, no vowel signs, Latin digits, single spaces."""
    bare = _TASHKIL.sub("", _INVISIBLE.sub("", unicodedata.normalize("NFC", line)))
    digits = "".join(str(unicodedata.digit(one)) if one.isdigit() and not one.isascii() else one for one in bare)
    return _SPACE.sub(" ", digits).strip()


def begins_quote(lines: Sequence[str], at: int) -> bool:
    """Whether everything from this (plain) line on is quoted, whatever the lines look like."""
    line = lines[at]
    if OURS.fullmatch(line) or _FORWARDED.fullmatch(line):
        return True
    if _DASHED.fullmatch(line) and any(one.isalpha() for one in line):
        return True
    if _RULE.fullmatch(line):
        following = next((n for n in range(at + 1, min(at + 4, len(lines))) if lines[n]), at)
        return following != at and _are_headers(lines, following)
    return _are_headers(lines, at)


def announcement_ending(lines: Sequence[str], end: int) -> int | None:
    """Where the announcement that ends with this (plain) line begins; None where none ends here."""
    if not lines[end].endswith(":") or len(lines[end]) > CHARACTERS_MAX:
        return None
    found = None
    for start in range(end, max(-1, end - LINES_MAX), -1):
        if not lines[start] or lines[start].startswith(">"):
            break
        joined = " ".join(lines[start : end + 1])
        if len(joined) > CHARACTERS_MAX or not _announces(joined):
            continue
        if _OPENERS.match(lines[start]):
            return _with_its_day(lines, start)
        found = start if found is None or lines[found].startswith("<") else found
    return found


def _announces(joined: str) -> bool:
    if not _WROTE.search(joined):
        return False
    has_moment = bool(_CLOCK.search(joined) or _YEAR.search(joined))
    return "@" in joined or (has_moment and bool(_OPENERS.match(joined) or _YEAR.search(joined)))


def _with_its_day(lines: Sequence[str], start: int) -> int:
    """A line above that holds the day belongs to it: `في الاثنين، 23 نوفمبر 2026` before `في 12:00 …`."""
    above = lines[start - 1] if start else ""
    return start - 1 if _OPENERS.match(above) and _YEAR.search(above) and len(above) < CHARACTERS_MAX // 4 else start


def _are_headers(lines: Sequence[str], at: int) -> bool:
    if not _FROM_LINE.match(lines[at]):
        return False
    near = lines[at + 1 : at + 1 + _HEADS_WITHIN]
    return sum(any(one.match(line) for line in near) for one in _OTHER_LINES) >= _HEADS_LEAST
