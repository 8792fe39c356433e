"""Whom an issue is for, in words; what nobody has a word for is shown as it is kept."""

from dataclasses import dataclass

from notifier.domain.issues import SOURCES, Audience
from notifier.domain.text.locales import LANGUAGES
from notifier.web.desk.frame import Spoken


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an audience: the key of its sentence, and what it names or how many days."""

    key: str
    names: tuple[str, ...] = ()
    days: int = 0


def lines(audience: Audience, sections: dict[str, str], spoken: Spoken) -> list[Line]:
    """The lines that narrow an audience; none for everybody. `sections` are labels by the topic's name."""
    named = (
        Line("topics", tuple(sections.get(one, one) for one in audience.topics)),
        Line("tags", audience.tags),
        Line("languages", tuple(language(one, spoken) for one in audience.languages)),
        Line("sources", tuple(source(one, spoken) for one in audience.sources)),
        Line("joined", days=audience.joined_days),
        Line("alive", days=audience.alive_days),
    )
    return [one for one in named if one.names or one.days]


def language(tag: str, spoken: Spoken) -> str:
    """What a language is called."""
    return spoken.plain(f"issues.language_{tag}") if tag in LANGUAGES else tag


def source(name: str, spoken: Spoken) -> str:
    """What a way to come by is called."""
    return spoken.plain(f"issues.source_{name.replace('-', '_')}") if name in SOURCES else name
