"""What stands above a letter that one who works at the desk gets before its readers do: in their own language."""

from dataclasses import dataclass

from notifier.domain.letter import Proof, SiteFace, direction
from notifier.domain.text.bidi import RLM, Phrase
from notifier.domain.text.clean import clean
from notifier.domain.text.dates import Dates
from notifier.domain.text.strings import Voice
from notifier.domain.weburl import web_url


@dataclass(frozen=True, slots=True)
class Band:
    """What it says, and which way that runs."""

    language: str
    direction: str
    lead: Phrase
    when: Phrase
    open: Phrase
    """The words of the link."""
    url: str


def band(proof: Proof, voice: Voice, site: SiteFace) -> Band:
    """That it is a proof, when it goes out and to how many, and where it can still be changed."""
    way = direction(voice.language)
    dates = Dates(voice.language, voice.digits, site.time_zone)
    goes = {"day": dates.day(proof.goes_at), "time": dates.time(proof.goes_at), "count": proof.readers}
    return Band(
        voice.language.replace("_", "-"),
        way,
        Phrase(voice.say("letters.proof.lead"), way),
        Phrase(voice.say("letters.proof.when", **goes), way),
        Phrase(voice.say("letters.proof.open"), way),
        web_url(proof.url),
    )


def marked(subject: str, voice: Voice) -> str:
    """A subject that says it first."""
    return voice.say("letters.proof.subject", title=clean(subject.removeprefix(RLM)))
