"""A filled subscribe form, by whichever door it came: looked through, judged, and noted."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from notifier.consent import signup
from notifier.consent.signup import Invalid, SignUpForm
from notifier.domain.address import check_address
from notifier.domain.typos import meant
from notifier.web.crowd import Wish
from notifier.web.edge import Edge
from notifier.web.places import Place
from notifier.web.shield import Trial, Verdict


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
    ticked: tuple[str, ...] = ()
    """Those topics that were ticked already when they saw the box."""

    @property
    def is_implicit(self) -> bool:
        """Whether they left the boxes as they were: who ticks one has looked at all."""
        return set(self.topics) <= set(self.ticked)


async def ask(edge: Edge, place: Place, filled: Filled, prove: Callable[[str], Trial | None]) -> Verdict:
    """Note a sign-up if all is well; gives what became of it. `prove` is told the address, and None proves nothing.

    What can be wrong is found before anything is counted: a slip costs nobody a try. Raises Invalid and Better; of
    the address they depend on its spelling alone. A coroutine that waits for its round, for crowds come at once.
    """
    form = _checked(edge, place, filled)
    stands_on = await edge.directory.grounds_soon(form.site, form.topics)
    trial = prove(form.address)
    if trial is None:
        return Verdict.AGAIN
    return await edge.crowd(Wish(trial, signup.row(form, stands_on, edge.clock())))


def _checked(edge: Edge, place: Place, filled: Filled) -> SignUpForm:
    form = SignUpForm(
        site=place.face.slug,
        address=filled.address,
        topics=filled.topics,
        frequency=filled.frequency,
        language=filled.language,
        time_zone=filled.time_zone,
        source=filled.source,
        is_implicit=filled.is_implicit,
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
    return form


def _better(address: str) -> str:
    domain = meant(_domain(address))
    return f"{check_address(address).local}@{domain}" if domain else ""


def _domain(address: str) -> str:
    return check_address(address).key.rpartition("@")[2]
