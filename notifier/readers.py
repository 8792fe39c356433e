"""What readers say: sign up, confirm, change, unsubscribe, look at a letter. Pages call this, never the tables."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier import greetings
from notifier.consent import (
    confirmation,
    goodbyes,
    links,
    mutes,
    old_links,
    preferences,
    signup,
    suppression,
    undoing,
    visits,
)
from notifier.consent.changing import PreferenceChange, change
from notifier.consent.confirmation import Confirmation
from notifier.consent.goodbyes import UNDO, Return
from notifier.consent.handover import PageLink, page_link
from notifier.consent.links import Farewell, LinkView, Scope, Unsubscribed
from notifier.consent.mutes import Muted, Muting
from notifier.consent.old_links import OldLinkView
from notifier.consent.preferences import Preferences
from notifier.consent.signup import Grounds, SignUpForm
from notifier.consent.undoing import Undo
from notifier.desk import audit
from notifier.domain.words import ItemState, OldLinkKind
from notifier.models import Delivery, Item, LetterItem, Site, Subscriber
from notifier.parts import Parts
from notifier.queue import later, to_sign_up, transaction
from notifier.stages import gather, record
from notifier.stages.render import public_page


def grounds(parts: Parts, slug: str, topics: tuple[str, ...]) -> Grounds:
    """What a sign-up at this site for these topics stands on. Raises `consent.signup.Invalid`."""
    with parts.db.reading() as session:
        return signup.grounds(session, slug, topics)


def request_signup(parts: Parts, form: SignUpForm, now: datetime) -> int:
    """Note a sign-up and nudge its task; gives its id. What the task finds never shows in the answer.

    Raises `consent.signup.Invalid` for a field that cannot be right.
    """
    known = grounds(parts, form.site, form.topics)
    with transaction(parts.db, parts.bell) as session:
        made = signup.request(session, form, known, now)
        later(session, to_sign_up(made))
        return made


def peek_confirmation(parts: Parts, token: str, now: datetime) -> Confirmation | None:
    """What a confirmation link would confirm; changes nothing."""
    with parts.db.reading() as session:
        return confirmation.peek(session, token, now)


def confirm(parts: Parts, token: str, ip: str, now: datetime) -> Confirmation | None:
    """Use a confirmation link. None for a link that we never made."""
    with transaction(parts.db, parts.bell) as session:
        found = confirmation.confirm(session, token, ip, now)
        # Who confirmed another address of theirs was welcomed long ago, and has kept the row of that day.
        is_new = found and found.is_open and session.get(Subscriber, found.subscriber_id)
        if found and is_new:
            greetings.welcome(parts, session, found.subscriber_id, now)
        return found


def confirm_again(parts: Parts, token: str, ip: str, now: datetime) -> bool:
    """Ask the address of a link that does not work any longer once more; False where that would not help."""
    with transaction(parts.db, parts.bell) as session:
        row = confirmation.again(session, token, ip, now)
        if row is not None:
            later(session, to_sign_up(row.id))
        return row is not None


def read_link(parts: Parts, purpose: str, token: str) -> LinkView | None:
    """Whom a link of a letter speaks for (purpose `u` or `p`); changes nothing. None for a forged or orphaned one."""
    with parts.db.reading() as session:
        return _view(parts, session, purpose, token)


def unsubscribe(
    parts: Parts, token: str, scope: Scope, ip: str, now: datetime, farewell: Farewell | None = None
) -> Unsubscribed | None:
    """End what brought the letter, its kind, or everything; doing it twice changes nothing more."""
    with transaction(parts.db, parts.bell) as session:
        link = _view(parts, session, links.UNSUBSCRIBE, token)
        if link is None:
            return None
        ended = links.unsubscribe(session, link, scope, now, ip, farewell or Farewell())
        # Not for Scope.LETTER: that is what a mail client's one click asks for, and who uses it wants no more mail.
        if scope is Scope.ALL and ended.ended:
            greetings.goodbye(parts, session, link.subscriber_id, now)
        return ended


def read_goodbye(parts: Parts, token: str, now: datetime) -> Return | None:
    """What the link of a goodbye would bring back; changes nothing. None for a forged or orphaned one."""
    with parts.db.reading() as session:
        return _return(parts, session, token, now)


def come_back(parts: Parts, token: str, ip: str, now: datetime) -> Return | None:
    """Bring back by the link of a goodbye what had ended, as it was. Gives the link as it was before."""
    with transaction(parts.db, parts.bell) as session:
        link = _return(parts, session, token, now)
        if link:
            goodbyes.bring_back(session, link, ip, now)
        return link


def read_old_link(parts: Parts, kind: OldLinkKind, number: int, key: str) -> OldLinkView | None:
    """What a link in another plugin's letter stands for; changes nothing. None for an unknown id or key."""
    with parts.db.reading() as session:
        return old_links.view(session, kind, number, key)


def end_by_old_link(parts: Parts, link: OldLinkView, ip: str, now: datetime) -> Unsubscribed:
    """End what it stands for; doing it twice changes nothing more."""
    with transaction(parts.db, parts.bell) as session:
        return old_links.end(session, link, ip, now)


def begin_by_old_link(parts: Parts, link: OldLinkView, ip: str, now: datetime) -> None:
    """Begin it again; doing it twice changes nothing more."""
    with transaction(parts.db, parts.bell) as session:
        old_links.begin(session, link, ip, now)


def mute_offers(parts: Parts, link: LinkView) -> dict[Muting, tuple[Muted, ...]]:
    """What could be muted from a letter; changes nothing."""
    with parts.db.reading() as session:
        return mutes.offers(session, link)


def mute(
    parts: Parts, link: LinkView, how: Muting, ip: str, now: datetime, lasts: timedelta | None = None
) -> tuple[Muted, ...]:
    """Want no letters like this one, of its thread, of its kind, or about comments at all; gives what is muted."""
    with transaction(parts.db, parts.bell) as session:
        return mutes.mute(session, link, how, now, ip, lasts)


def unmute(parts: Parts, subscriber_id: int, whats: Sequence[str], ip: str, now: datetime) -> tuple[Muted, ...]:
    """Want letters of these again; gives those that were muted."""
    with transaction(parts.db, parts.bell) as session:
        return mutes.unmute(session, subscriber_id, whats, now, ip)


def mutes_of(parts: Parts, subscriber_id: int) -> tuple[Muted, ...]:
    """What a reader wants no letters of."""
    with parts.db.reading() as session:
        return mutes.muted(session, subscriber_id)


def note_visits(parts: Parts, site_id: int, seen: Sequence[visits.Visit], now: datetime) -> None:
    """The site saw its readers at articles: their letters about those come at the quickest pace again."""
    with transaction(parts.db, parts.bell) as session:
        visits.visited(session, session.get_one(Site, site_id), seen, now)


def read_preferences(parts: Parts, subscriber_id: int) -> Preferences | None:
    """The content of the preference page; changes nothing. None for who was erased."""
    with parts.db.reading() as session:
        return preferences.preferences(session, subscriber_id)


def whose_preferences(parts: Parts, token: str) -> PageLink | None:
    """Whom a letter's preference link speaks for; None for a forged one."""
    ids = parts.signer.read(links.PREFERENCES, token)
    with parts.db.reading() as session:
        return page_link(session, ids) if ids else None


def change_preferences(
    parts: Parts, subscriber_id: int, wanted: PreferenceChange, ip: str, now: datetime
) -> Undo | None:
    """Apply a change, whole or not at all; gives what can be taken back of it.

    Raises `consent.signup.Invalid` for a value that cannot be right.
    """
    with transaction(parts.db, parts.bell) as session:
        if session.get(Subscriber, subscriber_id) is None:
            return None
        visits.acted(session, subscriber_id, now)
        return change(session, subscriber_id, wanted, now, ip)


def undo(parts: Parts, what: Undo, ip: str, now: datetime) -> bool:
    """Take back what was done; False where there is nothing to take back any more."""
    with transaction(parts.db, parts.bell) as session:
        return undoing.undo(session, what, now, ip)


def erase(parts: Parts, site_id: int, address: str, now: datetime, by: audit.Actor = audit.OPERATOR) -> bool:
    """Forget a person, but for a suppression by hash; False for an address that is not known. Raises AddressInvalid."""
    with transaction(parts.db, parts.bell) as session:
        site = session.get_one(Site, site_id)
        reader = suppression.find(session, site, address)
        if reader is None:
            return False
        audit.note(session, by, "reader.erased", now, site_id=site_id, reader=reader.id)
        record.forget_words(session, reader.id)
        suppression.erase(session, site, reader, now)
        return True


def view_letter(parts: Parts, token: str) -> str | None:
    """A letter's HTML for the browser: today's versions of its items, and no personal link in it."""
    ids = parts.signer.read(links.VIEW, token)
    if not ids:
        return None
    with parts.db.reading() as session:
        delivery = session.get(Delivery, ids[0])
        if delivery is None:
            return None
        key = (delivery.letter_id, _live_items(session, delivery.letter_id))
        content = gather.contents(session, {key})[key]
    return public_page(parts.renderer.render(content))


def _return(parts: Parts, session: Session, token: str, now: datetime) -> Return | None:
    ids = parts.signer.read(UNDO, token)
    return goodbyes.view(session, ids[0], now) if ids and len(ids) == 1 else None


def _live_items(session: Session, letter_id: int) -> tuple[int, ...]:
    rows = session.scalars(
        select(LetterItem.item_id)
        .join(Item, Item.id == LetterItem.item_id)
        .where(LetterItem.letter_id == letter_id, Item.state == ItemState.LIVE)
        .order_by(LetterItem.position)
    )
    return tuple(rows)


def _view(parts: Parts, session: Session, purpose: str, token: str) -> LinkView | None:
    ids = parts.signer.read(purpose, token)
    if not ids:
        return None
    return links.view(session, ids[0], ids[1] if len(ids) > 1 else 0)
