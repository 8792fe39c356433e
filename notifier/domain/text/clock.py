"""The time of day as readers of a language say it."""

from datetime import datetime
from typing import Final

from babel.dates import format_time

from notifier.domain.text.locales import base_language, locale_of

# From which hour on each part of the day lasts. CLDR has `AM` for Urdu, `ب.ن` for Sorani and no noon for Arabic.
_PARTS: Final = {
    "ar": ((0, "{time} منتصف الليل"), (1, "{time} صباحًا"), (12, "{time} ظهرًا"), (13, "{time} مساءً")),
    "ckb": (
        *((0, "{time}ی شەو"), (4, "{time}ی بەیانی"), (12, "{time}ی نیوەڕۆ")),
        *((13, "{time}ی پاش نیوەڕۆ"), (18, "{time}ی ئێوارە"), (20, "{time}ی شەو")),
    ),
    "ur": (
        *((0, "رات {time} بجے"), (4, "صبح {time} بجے"), (12, "دوپہر {time} بجے")),
        *((16, "سہ پہر {time} بجے"), (18, "شام {time} بجے"), (20, "رات {time} بجے")),
    ),
}


def time_of_day(local: datetime, language: str) -> str:
    """`9:40 صباحًا`, or by the 24-hour clock where the country goes by it; digits still Latin."""
    locale = locale_of(language)
    parts = _PARTS.get(base_language(language))
    if parts is None or "a" not in locale.time_formats["short"].pattern:
        return str(format_time(local, "short", locale=locale))
    pattern = next(pattern for since, pattern in reversed(parts) if local.hour >= since)
    return pattern.format(time=f"{local.hour % 12 or 12}:{local.minute:02}")
