"""What readers say: sign up, confirm, change, unsubscribe, look at a letter. Pages call this, never the tables."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.consent import confirmation, links, mutes, old_links, preferences, signup, suppression
from notifier.consent.confirmation import Confirmation
from notifier.consent.links import LinkView, Scope, Unsubscribed
from notifier.consent.mutes import Muting
from notifier.consent.old_links import OldLinkView
from notifier.consent.preferences import PreferenceChange, Preferences
from notifier.consent.signup import Grounds, SignUpForm
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


def request_signup(parts: Parts, form: SignUpForm, now: datetime, stands_on: Grounds | None = None) -> int:
    """Note a sign-up and nudge its task; gives its id. What the task finds never shows in the answer.

    `stands_on` spares looking up what was looked up for others just now. Raises `consent.signup.Invalid` for a field
    that cannot be right.
    """
    known = stands_on or grounds(parts, form.site, form.topics)
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
        return confirmation.confirm(session, token, ip, now)


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


def unsubscribe(parts: Parts, token: str, scope: Scope, ip: str, now: datetime) -> Unsubscribed | None:
    """End what brought the letter, or everything; doing it twice changes nothing more."""
    with transaction(parts.db, parts.bell) as session:
        link = _view(parts, session, links.UNSUBSCRIBE, token)
        return links.unsubscribe(session, link, scope, now, ip=ip) if link else None


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


def mute(parts: Parts, token: str, how: Muting, ip: str, now: datetime) -> list[str] | None:
    """Want no more letters like this one: of its thread, of its kind, or about comments at all; gives what is muted."""
    with transaction(parts.db, parts.bell) as session:
        link = _view(parts, session, links.UNSUBSCRIBE, token)
        return mutes.mute(session, link, how, now, ip) if link else None


def unmute(parts: Parts, token: str, what: str, ip: str, now: datetime) -> bool:
    """Want letters of this again. False where it was not muted, or the link is not one of ours."""
    with transaction(parts.db, parts.bell) as session:
        link = _view(parts, session, links.UNSUBSCRIBE, token)
        return link is not None and mutes.unmute(session, link.subscriber_id, what, now, ip)


def note_visit(parts: Parts, token: str, now: datetime) -> None:
    """A click in a letter (by its view link): its thread is read, so its letters come at the quickest pace again."""
    if ids := parts.signer.read(links.VIEW, token):
        with transaction(parts.db, parts.bell) as session:
            mutes.note_visit(session, ids[0], now)


def read_preferences(parts: Parts, token: str) -> Preferences | None:
    """The content of the preference page; changes nothing."""
    ids = parts.signer.read(links.PREFERENCES, token)
    with parts.db.reading() as session:
        return preferences.preferences(session, ids[0]) if ids else None


def change_preferences(
    parts: Parts, token: str, change: PreferenceChange, ip: str, now: datetime
) -> Preferences | None:
    """Apply a change, whole or not at all, and give the page's new content.

    Raises `consent.signup.Invalid` for a value that cannot be right.
    """
    ids = parts.signer.read(links.PREFERENCES, token)
    with transaction(parts.db, parts.bell) as session:
        if not ids or session.get(Subscriber, ids[0]) is None:
            return None
        preferences.change(session, ids[0], change, now, ip)
        session.flush()
        return preferences.preferences(session, ids[0])


def erase(parts: Parts, site_id: int, address: str, now: datetime) -> bool:
    """Forget a person, but for a suppression by hash; False for an address that is not known. Raises AddressInvalid."""
    with transaction(parts.db, parts.bell) as session:
        site = session.get_one(Site, site_id)
        reader = suppression.find(session, site, address)
        if reader is None:
            return False
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
