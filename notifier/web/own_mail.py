"""How a reader's address takes our letters, in the words of their language: for the copy of their data."""

from datetime import UTC, datetime
from typing import Final

from notifier.domain.text.dates import Dates
from notifier.own_data import MailFacts
from notifier.web.look import Voice
from notifier.web.sentences import Sentences

_REFUSALS: Final = frozenset({"bad_address", "inactive", "mailbox_full", "temporary"})
_ENDS: Final = {
    "bounced": "bounced",
    "inactive": "bounced",
    "soft_bounces": "soft_bounces",
    "complained": "complained",
}


def told(facts: MailFacts, sentences: Sentences, voice: Voice, dates: Dates) -> list[str]:
    """A sentence for each thing that is kept."""

    def say(key: str, **values: str) -> str:
        return sentences.plain(voice.language, f"own_mail_{key}", **values)

    def day(raw: str) -> str:
        return dates.long(datetime.fromisoformat(raw).replace(hour=12, tzinfo=UTC))

    found = [say(why, day=day(at)) for at, why in facts.refusals if why in _REFUSALS]
    if facts.score:
        score, limit = (voice.digits(f"{round(number, 1):g}") for number in (facts.score, facts.limit))
        found.append(say("score", score=score, limit=limit))
    if facts.ended_on:
        found.append(say(f"ended_{_ENDS.get(facts.ended_why, 'asked')}", day=day(facts.ended_on)))
    heeded = "traced" if facts.is_traced else "counted" if facts.is_counted else "untraced"
    return [*(found or [say("well")]), say(heeded)]
