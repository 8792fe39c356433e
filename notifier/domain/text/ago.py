"""How long ago something was, for pages; a letter is read later than it is written and names the moment instead."""

from datetime import datetime
from typing import Final

from notifier.domain.text.strings import Voice

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR


def ago(at: datetime, now: datetime, voice: Voice) -> str:
    """`قبل ٣ ساعات`: in whole minutes, hours or days, none rounded up; what is still to come is now."""
    seconds = max(0, int((now - at).total_seconds()))
    if seconds < _MINUTE:
        return voice.say("common.ago.now")
    if seconds < _HOUR:
        return voice.say("common.ago.minutes", count=seconds // _MINUTE)
    if seconds < _DAY:
        return voice.say("common.ago.hours", count=seconds // _HOUR)
    return voice.say("common.ago.days", count=seconds // _DAY)
