"""The sample site's face and its twenty readers."""

from dataclasses import dataclass, field

from notifier.domain.words import Digits, Frequency
from notifier.embedded.sample.data import Table, table

SLUG = "qasab"


@dataclass(frozen=True, slots=True)
class SampleSite:
    """An invented newspaper, as the demo registers it."""

    slug: str
    name: str
    language: str
    time_zone: str
    url: str
    sender_name: str
    sender_address: str
    colour: str
    postal_address: str
    digits: Digits


@dataclass(frozen=True, slots=True)
class SampleReader:
    """An invented reader and what they ask for; `digest_hour` None takes the site's own."""

    name: str
    address: str = field(repr=False)
    language: str
    time_zone: str
    frequency: Frequency
    topics: tuple[str, ...]
    digest_hour: int | None = None


def site() -> SampleSite:
    """The newspaper; its digits are Latin because its articles, like most of Iraq's press, are written with them."""
    return SampleSite(
        slug=SLUG,
        name="جسر القصب",
        language="ar",
        time_zone="Asia/Baghdad",
        url=f"https://{SLUG}.example",
        sender_name="صحيفة جسر القصب",
        sender_address=f"news@{SLUG}.example",
        colour="#0f5c7a",
        postal_address="شارع النهر 12، بغداد، العراق (صحيفة متخيَّلة لأغراض العرض)",
        digits=Digits.LATN,
    )


def article_guid(number: int) -> str:
    """How the newspaper names an article, such as `qasab-101`."""
    return f"{SLUG}-{number}"


def comment_guid(number: int) -> str:
    """How the newspaper names a comment, such as `qasab-c501`."""
    return f"{SLUG}-c{number}"


def readers() -> tuple[SampleReader, ...]:
    """Everybody who reads the sample site, in the order of the file."""
    return tuple(_reader(row) for row in table("readers.toml")["reader"])


def _reader(row: Table) -> SampleReader:
    return SampleReader(
        name=row["name"],
        address=row["address"],
        language=row["language"],
        time_zone=row["time_zone"],
        frequency=Frequency(row["frequency"]),
        topics=(
            *(f"category:{name}" for name in row["categories"]),
            *(f"thread:{article_guid(number)}" for number in row.get("threads", ())),
            *(f"replies:{comment_guid(number)}" for number in row.get("replies", ())),
        ),
    )
