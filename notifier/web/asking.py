"""A filled subscribe form, by whichever door it came: looked through, judged, and noted."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from notifier import readers
from notifier.consent import signup
from notifier.consent.signup import Invalid, SignUpForm
from notifier.domain.address import check_address
from notifier.domain.typos import meant
from notifier.web.edge import Edge
from notifier.web.places import Place
from notifier.web.shield import Verdict


class Typo(StrEnum):
    """What somebody said to the question whether a domain was mistyped."""

    UNASKED = ""
    ACCEPT = "accept"
    KEEP = "keep"


class Better(Exception):  # noqa: N818 - it says what it offers
    """The domain of the address looks mistyped; `address` is what was most likely meant."""

    def __init__(self, address: str) -> None:
        super().__init__("a better address")
        self.address = address


@dataclass(frozen=True, slots=True)
class Filled:
    """What somebody typed and ticked, and where."""

    address: str = field(repr=False)
    topics: tuple[str, ...]
    frequency: str
    typo: str
    language: str
    """Of the letters; empty for the site's own."""
    spoken: str
    """Of the words beside the box."""
    source: str
    ip: str
    time_zone: str = ""


def ask(edge: Edge, place: Place, filled: Filled, judge: Callable[[str], Verdict]) -> Verdict:
    """Note a sign-up if all is well; gives what became of it. `judge` is told the address and counts.

    What can be wrong is found before anything is counted: a slip costs nobody a try. Raises Invalid and Better; of
    the address they depend on its spelling alone.
    """
    form = SignUpForm(
        site=place.face.slug,
        address=filled.address,
        topics=filled.topics,
        frequency=filled.frequency,
        language=filled.language,
        time_zone=filled.time_zone,
        source=filled.source,
        ip=filled.ip,
        wording=edge.look.sentences.plain(filled.spoken, "consent", site=place.face.name),
    )
    signup.check(form)
    if not form.topics:
        raise Invalid("topics", "no_topics")
    if filled.typo != Typo.KEEP and (better := _better(form.address)):
        if filled.typo != Typo.ACCEPT:
            raise Better(better)
        form = replace(form, address=better)
    if edge.is_refused(_domain(form.address)):
        raise Invalid("address", "refused_domain")
    stands_on = edge.directory.grounds(form.site, form.topics)
    verdict = judge(form.address)
    if verdict is Verdict.NOTE:
        readers.request_signup(edge.parts, form, edge.clock(), stands_on)
    return verdict


def _better(address: str) -> str:
    domain = meant(_domain(address))
    return f"{check_address(address).local}@{domain}" if domain else ""


def _domain(address: str) -> str:
    return check_address(address).key.rpartition("@")[2]
