"""The real letter of an issue before it is sent: made, looked at, and on its way to one address alone."""

from dataclasses import dataclass, replace
from datetime import datetime
from email import message_from_bytes, policy

from sqlalchemy.orm import Session

from notifier.domain.claimed import Claimed
from notifier.domain.letter import LetterContent
from notifier.domain.mail import sender_host
from notifier.domain.message import Message
from notifier.domain.outcome import Outcome
from notifier.domain.text.spoken import Spoken
from notifier.domain.tokens import new_token
from notifier.issues.as_reader import Reader
from notifier.models import Issue
from notifier.parts import Parts
from notifier.stages import gather
from notifier.stages.gather.told import editorial
from notifier.stages.plan.issues import shown
from notifier.stages.render import Press
from notifier.transports.listed import send_all

NOBODY = "reader@example.com"


@dataclass(frozen=True, slots=True)
class Look:
    """Which face of an issue: one of its subjects, and another language of the frame than its own."""

    subject: int = 0
    language: str = ""
    is_trial: bool = False
    reader: Reader | None = None
    """As whom; nobody in particular without."""


@dataclass(frozen=True, slots=True)
class Made:
    """A letter's bytes, and what clients show of them."""

    content: LetterContent
    data: bytes
    subject: str
    to: str
    """As the letter's head names its reader."""
    html: str
    text: str


def content(session: Session, issue: Issue, look: Look, now: datetime) -> LetterContent:
    """What the letter would show now."""
    found = gather.trial(session, issue, look.subject, tuple(session.scalars(shown(issue.id))), now)
    own = replace(editorial(issue, look.subject), is_trial=look.is_trial)
    # The language of a reader brings their digits and calendar; one that was asked for is without.
    spoken, site = Spoken.read(look.language or (look.reader.spoken if look.reader else found.language)), found.site
    face = replace(site, digits=spoken.digits or site.digits, calendar=spoken.calendar or site.calendar)
    return replace(found, issue=own, language=spoken.language, site=face)


def made(parts: Parts, issue: Issue, look: Look, now: datetime) -> Made:
    """The letter as bytes, and parsed again. Raises RenderFailed, ValueError."""
    with parts.db.reading() as session:
        found = content(session, issue, look, now)
    # A press of its own: the workers' is not for threads, and nothing is signed for looking at.
    to, name = (look.reader.address, look.reader.name) if look.reader else (NOBODY, "")
    data = addressed(parts, Press(parts.renderer), found, to, now, name).data
    email = message_from_bytes(data, policy=policy.default)
    html, text = (email.get_body((kind,)) for kind in ("html", "plain"))
    return Made(
        found, data, str(email["Subject"]), str(email["To"]), html.get_content() if html else "",
        text.get_content() if text else "",
    )  # fmt: skip


def addressed(parts: Parts, press: Press, found: LetterContent, to: str, now: datetime, name: str = "") -> Message:
    """The letter to somebody who is owed none. Raises AddressInvalid, RenderFailed."""
    # Its links are signed for reader 0, whom there never is: whoever follows them stops no real person's letters.
    one = Claimed(0, found.letter_id, (), found.kind, 0, 0, address=to, name=name)
    personal = parts.links(found.site.sender_address).personal(one, now, "test")
    # Each has an identity of its own: a mailbox shows two of one Message-ID as one.
    message_id = f"<trial.{new_token()}@{sender_host(found.site.sender_address)}>"
    return press.stencil(found).message(replace(personal, message_id=message_id))


def post(parts: Parts, message: Message) -> Outcome:
    """Send one letter outside of all books, by an account that may be tried."""
    name = parts.accounts.choose().name or next(iter(parts.transports))
    ((_, outcome),) = send_all(parts.transports[name], [message])
    return outcome
