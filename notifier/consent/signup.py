"""Double opt-in: a form is noted, a task decides, a letter asks; the button is in `confirmation`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from notifier.consent import suppression
from notifier.consent.evidence import note
from notifier.consent.limits import Limits, SignupResult, is_limited
from notifier.consent.subscriptions import subscribe
from notifier.db import queue_up, upsert
from notifier.domain import topics
from notifier.domain.address import Address, AddressInvalid, check_address, fold
from notifier.domain.schedule import is_zone
from notifier.domain.tokens import address_hash, token_hash
from notifier.domain.words import ConsentAction, Frequency
from notifier.models import Signup, Site, Subscriber, Subscription, Topic

# The table itself: without the unit of work, for five hundred may come in a second.
_INSERT: Final = insert(cast("Table", Signup.__table__)).returning(Signup.__table__.c.id)
TOPICS_MAX = 100
NAME_MAX = 200


class Invalid(Exception):  # noqa: N818 - it reads as what it says of a field
    """A field of a form cannot be accepted; `key` names the sentence in the language's strings."""

    def __init__(self, field_name: str, key: str) -> None:
        super().__init__(f"{field_name}: {key}")
        self.field = field_name
        self.key = key


@dataclass(frozen=True, slots=True)
class SignUpForm:
    """What somebody typed; texts as they came."""

    site: str
    """The site's slug."""
    address: str = field(repr=False)
    topics: tuple[str, ...]
    frequency: str
    language: str = ""
    time_zone: str = ""
    name: str = ""
    source: str = "form"
    is_implicit: bool = False
    """Whether the box was ticked already when the reader saw it."""
    ip: str = ""
    wording: str = ""
    """The words beside the box, as the reader saw them; their hash is kept as evidence."""


def check(form: SignUpForm) -> None:
    """See whether address and frequency can be right, without asking anybody. Raises `Invalid`."""
    _checked_address(form.address)
    _checked_frequency(form.frequency)


@dataclass(frozen=True, slots=True)
class Grounds:
    """What must be known of a site to note a sign-up: the same for everybody who asks it for the same."""

    site_id: int
    language: str
    time_zone: str
    pepper: str = field(repr=False)
    topics: tuple[str, ...]
    """Those that the site offers, in their canonical spelling."""


def grounds(session: Session, slug: str, names: tuple[str, ...]) -> Grounds:
    """Look up what a sign-up at this site for these topics stands on. Raises `Invalid`."""
    site = session.scalar(select(Site).where(Site.slug == slug))
    if site is None:
        raise Invalid("site", "unknown_site")
    known = tuple(_known_topics(session, site.id, names))
    return Grounds(site.id, site.language, site.time_zone, site.pepper, known)


def row(form: SignUpForm, stands_on: Grounds, now: datetime) -> dict[str, Any]:
    """A sign-up as it is noted; nothing is looked up, for no answer may depend on who is known. Raises `Invalid`."""
    address = _checked_address(form.address)
    return {
        "site_id": stands_on.site_id,
        "address": str(address),
        "name": " ".join(form.name.split())[:NAME_MAX],
        "language": form.language or stands_on.language,
        "time_zone": form.time_zone if is_zone(form.time_zone) else stands_on.time_zone,
        "frequency": _checked_frequency(form.frequency),
        "topics": list(stands_on.topics),
        "source": form.source,
        "is_implicit": form.is_implicit,
        "ip": form.ip,
        "wording_hash": token_hash(form.wording),
        "limit_hash": address_hash(stands_on.pepper, fold(address.key)),
        "created_at": now,
    }


def note_all(session: Session, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Note sign-ups, in one statement; gives their ids."""
    return list(session.connection().execute(_INSERT, [dict(one) for one in rows]).scalars())


def request(session: Session, form: SignUpForm, stands_on: Grounds, now: datetime) -> int:
    """Note a sign-up; gives its id. Raises `Invalid` for a field that cannot be right."""
    return note_all(session, [row(form, stands_on, now)])[0]


def decide(session: Session, signup: Signup, now: datetime, limits: Limits) -> SignupResult:
    """Turn a sign-up into subscriptions, or into a question to the address; `signup.result` keeps the answer."""
    site = session.get_one(Site, signup.site_id)
    key = check_address(signup.address).key
    hashed = address_hash(site.pepper, key)
    result = SignupResult.SUPPRESSED
    # The spellings of one mailbox are several subscribers: decided at once, each would miss the others' question.
    queue_up(session, signup.limit_hash)
    if not suppression.is_suppressed(session, site.id, hashed, key):
        subscriber = _subscriber(session, site, signup, key, now)
        signup.subscriber_id = subscriber.id
        result = _answer(session, signup, subscriber, now, limits)
    else:
        # Nothing is kept of whom we must not write to.
        signup.address = signup.name = signup.ip = ""
    signup.handled_at = now
    signup.result = result
    return result


def give_up(signup: Signup, now: datetime) -> SignupResult:
    """Ask nobody: the address's domain takes no mail. Nothing is kept of it."""
    signup.address = signup.name = signup.ip = ""
    signup.handled_at = now
    signup.result = SignupResult.UNREACHABLE
    return SignupResult.UNREACHABLE


def _answer(session: Session, signup: Signup, subscriber: Subscriber, now: datetime, limits: Limits) -> SignupResult:
    if is_reader(session, subscriber):
        if signup.moves_id is not None:
            # Two readers of one address cannot be told apart: each keeps their own.
            return SignupResult.TAKEN
        # Double opt-in is once per address; a form can add to what a reader gets, but never change it.
        subscribe(session, subscriber, signup.topics, signup.frequency, now, is_implicit=signup.is_implicit)
        note(session, subscriber, ConsentAction.REQUESTED, ",".join(signup.topics), now, signup=signup)
        return SignupResult.ADDED
    if is_limited(session, signup, now, limits):
        return SignupResult.LIMITED
    note(session, subscriber, ConsentAction.REQUESTED, ",".join(signup.topics), now, signup=signup)
    return SignupResult.ASKED


def is_reader(session: Session, subscriber: Subscriber) -> bool:
    """Whether the address said yes and has not left everything since, in however many steps."""
    active = select(Subscription.id).where(Subscription.subscriber_id == subscriber.id, Subscription.ended_at.is_(None))
    return subscriber.confirmed_at is not None and session.scalar(active.limit(1)) is not None


def _subscriber(session: Session, site: Site, signup: Signup, key: str, now: datetime) -> Subscriber:
    values = {
        "site_id": site.id,
        "address": signup.address,
        "address_key": key,
        "address_hash": address_hash(site.pepper, key),
        "name": signup.name,
        "language": signup.language,
        "time_zone": signup.time_zone,
        "digest_hour": site.digest_hour,
        "digest_weekday": site.digest_weekday,
        "created_at": now,
        "changed_at": now,
    }
    session.execute(upsert(session, Subscriber).values(**values).on_conflict_do_nothing())
    found = select(Subscriber).where(Subscriber.site_id == site.id, Subscriber.address_key == key)
    return session.scalars(found.with_for_update()).one()


def _known_topics(session: Session, site_id: int, names: tuple[str, ...]) -> list[str]:
    wanted = dict.fromkeys(topic for name in names[:TOPICS_MAX] if (topic := topics.normalise(name)))
    asked = {name: topics.offered_by(name) for name in wanted}
    found = set(session.scalars(select(Topic.name).where(Topic.site_id == site_id, Topic.name.in_(asked.values()))))
    known = [name for name, offer in asked.items() if offer in found or name in topics.PERSONAL]
    if not known:
        raise Invalid("topics", "no_topics" if not names else "unknown_topics")
    return known


def _checked_address(raw: str) -> Address:
    try:
        return check_address(raw)
    except AddressInvalid as error:
        raise Invalid("address", "invalid_address") from error


def _checked_frequency(raw: str) -> Frequency:
    try:
        return Frequency(raw)
    except ValueError as error:
        raise Invalid("frequency", "invalid_frequency") from error
