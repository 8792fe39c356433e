"""Another address: the old one is told, and for a week it may say that it was not them."""

import re
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from sqlalchemy import func, select

from notifier import own_data, readers, upkeep
from notifier.consent.moving import WISHES
from notifier.consent.signing_in import Visitor
from notifier.consent.vetoes import LASTS
from notifier.domain.tokens import address_hash
from notifier.models import AddressMove, Signup, Site, Subscriber, Subscription, Suppression
from notifier.queue import to_sign_up
from tests.web.conftest import NOW, Visit
from tests.web.test_sign_in import HERS, act, signed_in

NEW, NEWER = "new@example.org", "newer@example.org"


def wish(visit: Visit, address: str = NEW) -> None:
    """Ask, and let the letters go."""
    act(visit, "/me/address", address=address)
    visit.work()


def read(visit: Visit) -> list[tuple[str, str]]:
    """To whom each letter went, and its head and text."""
    some = [(one.rcpt_to, message_from_bytes(one.data, policy=policy.default)) for one in visit.transport.sent]
    texts = [(to, letter, letter.get_body(("plain",))) for to, letter in some]
    return [(to, f"{letter.items()}\n{text.get_content() if text else ''}") for to, letter, text in texts]


def path(visit: Visit, to: str, page: str) -> str:
    """The newest link to this page in a letter to this address."""
    for who, told in reversed(read(visit)):
        found = re.search(rf"/{page}/[^\s>]+", told)
        if found and who == to:
            return found[0]
    raise AssertionError((to, page))


def moved(visit: Visit, address: str = NEW) -> None:
    wish(visit, address)
    assert visit.client.post(path(visit, address, "confirm")).status_code == 200


def address_of(visit: Visit, reader: int) -> str:
    with visit.parts.db.reading() as session:
        return session.get_one(Subscriber, reader).address


def test_the_old_address_is_told_and_not_by_whom_nor_of_which_address(visit: Visit) -> None:
    reader = signed_in(visit)
    with visit.parts.db.writing() as session:
        session.get_one(Subscriber, reader).name = "BUY NOW"
    wish(visit)
    (said,) = [told for to, told in read(visit) if to == HERS and "/not-me/" in told]
    assert all(word not in said for word in ("new@example", "BUY NOW", "List-Unsubscribe"))


def test_word_of_it_goes_to_the_old_address_though_the_new_one_was_quicker(visit: Visit) -> None:
    reader = signed_in(visit)
    act(visit, "/me/address", address=NEW)
    with visit.parts.db.writing() as session:
        row = session.get_one(Subscriber, reader)
        row.address, row.address_key = NEW, NEW
        site = session.get_one(Site, visit.site_id)
        row.address_hash = address_hash(site.pepper, NEW)
        # Not even a suppression of the new one keeps the old one from hearing of it.
        held = {"site_id": site.id, "reason": "complaint", "source": "t", "at": visit.now}
        session.add(Suppression(**held, address_hash=row.address_hash))
    visit.work()
    assert path(visit, HERS, "not-me")


def test_looking_changes_nothing_and_the_button_stops_the_change(visit: Visit) -> None:
    reader = signed_in(visit)
    wish(visit)
    link, button = path(visit, HERS, "not-me"), path(visit, NEW, "confirm")
    before = visit.rows()
    assert visit.client.get(link).status_code == visit.client.head(link).status_code == 200
    assert visit.rows() == before
    assert visit.client.post(link).status_code == 200
    after = visit.rows()
    assert visit.client.post(link).status_code == 200
    assert visit.rows() == after, "twice changes nothing more"
    assert visit.client.post(button).status_code == 410
    assert "/again" not in visit.client.get(button).text
    assert address_of(visit, reader) == HERS
    assert visit.client.get("/me").status_code == 401, "whoever asked is out"


def test_a_change_that_was_made_is_taken_back(visit: Visit) -> None:
    reader = signed_in(visit)
    with visit.parts.db.writing() as session:
        session.get_one(Subscriber, reader).name = "ليلى"
    visit.sign_up(HERS, "mine", "instant")
    moved(visit)
    assert address_of(visit, reader) == NEW
    assert visit.client.post(path(visit, HERS, "not-me")).status_code == 200
    with visit.parts.db.reading() as session:
        row = session.get_one(Subscriber, reader)
        hashes = session.scalars(select(Subscriber.address_hash)).all()
        active = select(func.count()).select_from(Subscription).where(Subscription.ended_at.is_(None))
        assert (row.address, row.name, hashes) == (HERS, "ليلى", [visit.hash_of(session, HERS)])
        assert session.scalar(active) == 2, "politics and answers to what is written under the address that stays"


def test_it_takes_back_whatever_came_after_it_and_only_from_where_it_stands(visit: Visit) -> None:
    reader = signed_in(visit)
    moved(visit)
    first = path(visit, HERS, "not-me")
    visit.client.cookies.clear()
    visit.client.post("/naba/sign-in", data={"address": NEW})
    visit.work()
    answer = visit.client.post(path(visit, NEW, "sign-in"), follow_redirects=False)
    visit.client.cookies.set("notifier_reader", answer.headers["set-cookie"].split("=", 1)[1].split(";")[0])
    moved(visit, NEWER)
    second = path(visit, NEW, "not-me")
    assert visit.client.post(first).status_code == 200
    assert address_of(visit, reader) == HERS
    visit.client.post(second)
    assert address_of(visit, reader) == HERS, "whoever had it in between cannot take it back"


def test_an_address_that_was_asked_before_another_agreed_gets_nobody(visit: Visit) -> None:
    reader = signed_in(visit)
    wish(visit, NEWER)
    moved(visit)
    assert visit.client.post(path(visit, NEWER, "confirm")).status_code == 410, "the address of today has not said so"
    assert address_of(visit, reader) == NEW


def test_after_a_week_it_is_as_it_is_and_the_former_address_is_forgotten(visit: Visit) -> None:
    reader = signed_in(visit)
    moved(visit)
    link = path(visit, HERS, "not-me")
    visit.now += LASTS
    assert visit.client.post(link).status_code == 410
    visit.work()
    assert visit.client.get(link).status_code == 410
    assert address_of(visit, reader) == NEW
    with visit.parts.db.reading() as session:
        assert session.execute(select(AddressMove.address, AddressMove.address_key)).all() == [("", "")]


def test_whoever_subscribed_anew_with_the_former_address_stays_a_reader_of_their_own(visit: Visit) -> None:
    reader = signed_in(visit)
    moved(visit)
    other = visit.active(HERS)
    answer = visit.client.post(path(visit, HERS, "not-me"))
    assert answer.status_code == 410
    assert (address_of(visit, reader), address_of(visit, other)) == (NEW, HERS)


def test_an_address_that_only_stood_in_a_form_is_in_nobody_s_way(visit: Visit) -> None:
    reader = signed_in(visit)
    moved(visit)
    visit.sign_up(HERS)
    assert visit.client.post(path(visit, HERS, "not-me")).status_code == 200
    with visit.parts.db.reading() as session:
        assert session.execute(select(Subscriber.id, Subscriber.address)).all() == [(reader, HERS)]
        assert set(session.scalars(select(Signup.subscriber_id))) == {reader}


def test_nobody_is_told_of_more_than_a_few_wishes_a_day(visit: Visit) -> None:
    signed_in(visit)
    for number in range(WISHES[1]):
        assert act(visit, "/me/address", address=f"n{number}@example.org").status_code == 303
    assert act(visit, "/me/address", address="one.more@example.org").status_code == 422
    visit.now += timedelta(minutes=30)
    visit.work()
    assert [to for to, told in read(visit) if "/not-me/" in told] == [HERS] * WISHES[1]


def wanted(visit: Visit, visitor: Visitor, address: str) -> int:
    """Ask for this address and let its letter go; gives the wish."""
    own_data.ask_to_move(visit.parts, visitor, address, "192.0.2.7", visit.now)
    with visit.parts.db.reading() as session:
        wish = session.scalars(select(AddressMove).order_by(AddressMove.id.desc())).first()
    assert wish
    upkeep.at_once(visit.parts, to_sign_up(wish.signup_id), lambda: visit.now)
    return wish.id


def confirmations(visit: Visit, address: str) -> int:
    """How many letters asked this address to confirm."""
    return sum(to == address and "/confirm/" in told for to, told in read(visit))


@pytest.mark.parametrize("knobs", [{"confirm_gap_s": 3600}], indirect=True)
def test_a_stranger_is_asked_no_more_often_for_wishes_that_are_taken_back(visit: Visit) -> None:
    reader = visit.active()
    asked = []
    for hours in (0, 0.5, 1, 24, 48):
        visit.now = NOW + timedelta(hours=hours)
        wish_id = wanted(visit, visit.visitor(reader), NEW)
        assert visit.client.post(visit.link("not-me", wish_id)).status_code == 200
        asked.append(confirmations(visit, NEW))
    assert asked == [1, 1, 2, 3, 3], "an hour apart at least, and three in thirty days"


@pytest.mark.long
@pytest.mark.parametrize("knobs", [{"confirm_gap_s": 3600}], indirect=True)
@pytest.mark.parametrize("by", ["themselves", "an editor"])
def test_a_stranger_is_asked_no_more_often_by_those_who_have_themselves_forgotten(visit: Visit, by: str) -> None:
    for number in range(3):
        address = f"r{number}@example.net"
        visitor = visit.visitor(visit.active(address))
        wanted(visit, visitor, NEW)
        if by == "themselves":
            own_data.erase(visit.parts, visitor, visit.now)
        else:
            readers.erase(visit.parts, visit.site_id, address, visit.now)
        visit.now += timedelta(minutes=5)
    assert confirmations(visit, NEW) == 1
    rows = repr(visit.rows())
    assert not [trace for trace in ("example.net", NEW, "192.0.2.7") if trace in rows], "the limit names nobody"


def test_forgetting_a_reader_spares_who_signed_up_with_the_address_they_wanted(visit: Visit) -> None:
    reader, token = visit.active(), visit.confirm(NEW)
    with visit.parts.db.writing() as session:
        session.get_one(Subscriber, reader).name = "ليلى"
    visitor = visit.visitor(reader)
    for address in (NEW, NEWER):
        wanted(visit, visitor, address)
    own_data.erase(visit.parts, visitor, visit.now)
    with visit.parts.db.reading() as session:
        assert session.execute(select(Subscriber.address, Subscriber.name)).all() == [(NEW, "")]
    assert visit.client.post(f"/confirm/{token}").status_code == 200
    with visit.parts.db.reading() as session:
        assert session.scalars(select(Subscriber.confirmed_at)).one() == visit.now


def test_an_address_that_two_readers_want_can_still_become_the_other_s(visit: Visit) -> None:
    one, other = visit.active(), visit.active("other@example.org")
    for reader in (one, other):
        wanted(visit, visit.visitor(reader), NEW)
    button = path(visit, NEW, "confirm")
    own_data.erase(visit.parts, visit.visitor(one), visit.now)
    assert visit.client.post(button).status_code == 200
    assert address_of(visit, other) == NEW


@pytest.mark.parametrize("token", ["", "1.AAAA", "1.2.3", "x" * 400])
def test_a_forged_link_is_no_link(visit: Visit, token: str) -> None:
    assert visit.client.get(f"/not-me/{token}").status_code == 404
    assert visit.client.post(f"/not-me/{token}").status_code in {404, 405}
