"""Every page a reader can come to, each in its states, and how to get there: for tests that look at them all."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import uvicorn
from sqlalchemy import select

from notifier import own_data
from notifier.consent.signing_in import mint
from notifier.domain.tokens import new_token, token_hash
from notifier.domain.traces import Tracking
from notifier.domain.words import OldLinkKind
from notifier.models import Archived, OldLink, OneTimeToken, ReaderSession, SignIn, Site, Subscriber, Subscription
from notifier.web.app import create_app
from notifier.web.doors import COOKIE
from tests.web.conftest import Visit
from tests.web.promises import HERS, link, story


@dataclass(frozen=True, slots=True)
class Way:
    """An address, and what is pressed there; a page of a form's answer has none of its own."""

    path: str
    press: str = ""
    fill: str = ""


def ways(visit: Visit, language: str, author: str = "سلمى") -> dict[str, Way]:
    """By name. What is pressed changes what comes after: they are to be gone in this order."""
    with visit.parts.db.writing() as session:
        site = session.get_one(Site, visit.site_id)
        site.language = language
        if language == "en":
            site.name = "The Ledger"
    reader = story(visit, author)
    with visit.parts.db.writing() as session:
        session.get_one(Subscriber, reader).language = language
        letter = session.scalars(select(Archived.public_id).order_by(Archived.id.desc())).first()
    unsubscribe, preferences, own = link(visit, "/u/"), link(visit, "/p/"), "/me"
    used = link(visit, "/confirm/")
    return {
        "subscribe": Way("/naba/subscribe"),
        "subscribe-thread": Way("/naba/subscribe?thread=a1"),
        "subscribe-fault": Way("/naba/subscribe", "form > button", "not an address"),
        "subscribe-better": Way("/naba/subscribe?topic=category:رياضة", "form > button", "layla@gmial.com"),
        "sent": Way("/naba/subscribe?topic=category:رياضة", "form > button", "new@example.org"),
        "confirm": Way(_confirmation(visit, visit.now + timedelta(hours=1))),
        "confirmed": Way(_confirmation(visit, visit.now + timedelta(hours=1)), "main button"),
        "used": Way(used),
        "expired": Way(_confirmation(visit, visit.now - timedelta(hours=1))),
        "archive": Way("/naba/archive"),
        "archive-section": Way("/naba/archive/سياسة"),
        "letter": Way(f"/naba/letter/{letter}"),
        "view": Way(link(visit, "/v/")),
        "preferences": Way(preferences),
        "preferences-saved": Way(preferences, "#topics form > button"),
        "preferences-tracking": Way(_tracked(visit, language)),
        "old-stop": Way(_old_link(visit, language)),
        "old-stopped": Way(_old_link(visit, language), "main button"),
        "old-undone": Way(_old_link(visit, language), "main button then .undo button"),
        "mute": Way(_muting(visit)),
        "muted": Way(_muting(visit), "main button"),
        "unmuted": Way(_muting(visit), "main button then main button"),
        "sign-in": Way("/naba/sign-in"),
        "sign-in-fault": Way("/naba/sign-in", "main button", "not an address"),
        "sign-in-sent": Way("/naba/sign-in", "main button", "nobody@example.org"),
        "sign-in-link": Way(_sign_in(visit, reader)),
        "sign-in-used": Way("/sign-in/" + _used(visit, reader)),
        "own": Way(own),
        "history": Way("/me/history"),
        "address": Way("/me/address"),
        "address-fault": Way("/me/address", "main button", "not an address"),
        "erase": Way("/me/erase"),
        "no-session": Way(f"/sign-in/nothing?lang={language}"),
        "unsubscribe": Way(unsubscribe),
        "unsubscribed": Way(unsubscribe, "button[value=letter]"),
        "undone": Way(unsubscribe, "button[value=all] then .undo button"),
        "goodbye-ask": Way(_goodbye(visit)),
        "not-me": Way(_veto(visit, language)),
        "not-me-done": Way(_veto(visit, language), "main button"),
        "missing": Way("/u/none?lang=" + language),
        "not-there": Way("/nowhere?lang=" + language),
        "erased": Way("/me/erase", "main form button"),
    }


def go(page: Any, base: str, way: Way) -> None:
    """Open a page and press what leads to the one that is wanted."""
    page.goto(base + way.path)
    if way.fill:
        page.fill("#address, #note", way.fill)
        if page.locator("input[name=topic]:not(:checked)").count() and not page.locator("input:checked").count() > 1:
            page.locator("input[name=topic]").first.check()
    for selector in way.press.split(" then ") if way.press else ():
        # A browser's own word about a field comes before ours.
        page.locator(selector).last.click()


def signed_in(visit: Visit, context: Any, base: str) -> None:
    """Give the browser a session of the reader's."""
    cookie = new_token()
    with visit.parts.db.writing() as session:
        reader = session.scalars(select(Subscriber.id).where(Subscriber.address == HERS)).one()
        row = {"subscriber_id": reader, "token_hash": token_hash(cookie), "created_at": visit.now}
        session.add(ReaderSession(**row, expires_at=visit.now + timedelta(hours=1)))
    context.add_cookies([{"name": COOKIE, "value": cookie, "url": f"{base}/me"}])


@contextmanager
def served(visit: Visit) -> Iterator[str]:
    """The application at an address of its own, on the visit's clock."""
    app = create_app(visit.parts, now=lambda: visit.now)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    until = time.monotonic() + 20
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


def _confirmation(visit: Visit, until: Any) -> str:
    visit.sign_up(f"c{new_token()[:8]}@example.org")
    token = new_token()
    with visit.parts.db.writing() as session:
        last = session.scalars(select(OneTimeToken.signup_id).order_by(OneTimeToken.id.desc()).limit(1)).one()
        hashed = token_hash(token)
        row = OneTimeToken(signup_id=last, token_hash=hashed, created_at=visit.now, expires_at=until)
        session.add(row)
    return f"/confirm/{token}"


def _tracked(visit: Visit, language: str) -> str:
    """The preference page of somebody who let the site count: the page has a section about it."""
    visit.active("counted@example.org", topic="mine:a1", frequency="instant")
    with visit.parts.db.writing() as session:
        session.get_one(Site, visit.site_id).tracking = Tracking.READERS
        reader = session.scalars(select(Subscriber).where(Subscriber.address == "counted@example.org")).one()
        reader.language, reader.may_track = language, True
        return visit.link("p", reader.id)


def _old_link(visit: Visit, language: str) -> str:
    """A link of another plugin's letters, of somebody who was taken over; each time of somebody else."""
    key = new_token()[:20]
    reader = visit.active(f"{key}@example.org", "mine:a1", "instant")
    with visit.parts.db.writing() as session:
        session.get_one(Subscriber, reader).language = language
        topic = session.scalars(select(Subscription.topic_id).where(Subscription.subscriber_id == reader)).one()
        row = {"site_id": visit.site_id, "kind": OldLinkKind.SUBSCRIPTION, "number": reader, "topic_id": topic}
        session.add(OldLink(**row, key_hash=token_hash(key), subscriber_id=reader))
    return f"/wpdiscuzsubscription/unsubscribe/?wpdiscuzSubscribeID={reader}&key={key}"


def _muting(visit: Visit) -> str:
    return link(visit, "/u/[^\\s>]+/mute/thread")


def _sign_in(visit: Visit, reader: int) -> str:
    with visit.parts.db.writing() as session:
        wish = SignIn(
            site_id=visit.site_id, address="", limit_hash=new_token(), created_at=visit.now, handled_at=visit.now,
            subscriber_id=reader,
        )  # fmt: skip
        session.add(wish)
        session.flush()
        return f"/sign-in/{mint(session, wish.id, visit.now)}"


def _used(visit: Visit, reader: int) -> str:
    path = _sign_in(visit, reader)
    visit.client.post(path, follow_redirects=False)
    return path.rpartition("/")[2]


def _goodbye(visit: Visit) -> str:
    """Of somebody else, for the reader has not left yet."""
    visit.active("leaver@example.org")
    with visit.parts.db.reading() as session:
        leaver = session.scalars(select(Subscriber.id).where(Subscriber.address == "leaver@example.org")).one()
    visit.client.post(visit.link("u", leaver, visit.delivery(leaver)), data={"scope": "all"})
    visit.work()
    return link(visit, "/undo/")


def _veto(visit: Visit, language: str) -> str:
    """Of somebody else, for it ends every session."""
    address = f"mover{new_token()[:6]}@example.org"
    mover = visit.active(address)
    with visit.parts.db.writing() as session:
        session.get_one(Subscriber, mover).language = language
    asking = visit.visitor(mover, language)
    own_data.ask_to_move(visit.parts, asking, f"new.{address}", "", visit.now)
    visit.work()
    return link(visit, "/not-me/")
