"""An address that changes hands: whoever had it in between is shut out, and may end letters for ever."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from notifier import flow, own_data, sign_in
from notifier.consent import signing_in
from notifier.consent.signing_in import Visitor
from notifier.models import AddressMove, ReaderSession, SignIn, Subscriber, Subscription
from notifier.web.doors import COOKIE
from tests.web.conftest import Visit, article
from tests.web.test_address_change import NEW, moved, path, wish
from tests.web.test_sign_in import HERS, act, ask, signed_in


def hurried(visit: Visit) -> int:
    """Somebody with an open session who gets alerts."""
    reader = signed_in(visit)
    with visit.parts.db.writing() as session:
        session.execute(update(Subscription).values(frequency="instant"))
    return reader


def alert(visit: Visit, guid: str) -> None:
    flow.ingest_items(visit.parts, visit.site_id, [article(guid, title="عاجل", published_at=visit.now)], visit.now)
    visit.work()


def subscriptions(visit: Visit) -> int:
    with visit.parts.db.reading() as session:
        open_ones = select(func.count()).select_from(Subscription).where(Subscription.ended_at.is_(None))
        return session.scalar(open_ones) or 0


def test_the_pages_that_were_mailed_to_an_intruder_close_with_the_veto(visit: Visit) -> None:
    hurried(visit)
    moved(visit)
    alert(visit, "n1")
    theirs, way_out = path(visit, NEW, "p"), path(visit, NEW, "u")
    assert visit.client.get(theirs).status_code == 200
    assert visit.client.post(path(visit, HERS, "not-me")).status_code == 200
    answers = [
        visit.client.get(theirs),
        visit.client.post(theirs, data={"part": "topics"}),
        visit.client.post(f"{theirs}/undo"),
        visit.client.post(f"{theirs}/unmute"),
        visit.client.post(f"{theirs}/sign-in"),
    ]
    assert [one.status_code for one in answers] == [410] * 5
    assert all(HERS not in one.text and "/naba/sign-in" in one.text for one in answers)
    # The page for leaving leads to the other one as the letter did, and no further.
    onward = visit.client.get(way_out).text.split('href="/p/')[1].split('"')[0]
    assert visit.client.get(f"/p/{onward}").status_code == 410
    left = visit.client.post(way_out, data={"scope": "letter"})
    assert (left.status_code, subscriptions(visit)) == (200, 0), "a way out works for ever"


def test_one_click_works_whatever_became_of_the_address(visit: Visit) -> None:
    hurried(visit)
    moved(visit)
    alert(visit, "n1")
    way_out = path(visit, NEW, "u")
    visit.client.post(path(visit, HERS, "not-me"))
    visit.client.cookies.clear()
    assert visit.client.post(way_out, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert subscriptions(visit) == 0


def test_letters_after_it_lead_to_the_page_again(visit: Visit) -> None:
    hurried(visit)
    alert(visit, "n1")
    before = path(visit, HERS, "p")
    assert before.count(".") == 1, "as long as nothing changed hands a link is as short as ever"
    moved(visit)
    visit.client.post(path(visit, HERS, "not-me"))
    assert visit.client.get(before).status_code == 410
    alert(visit, "n2")
    assert visit.client.get(path(visit, HERS, "p")).status_code == 200


def test_a_veto_shuts_a_sign_in_link_that_is_being_written(visit: Visit) -> None:
    """What a worker minted as it claimed the letter, a moment before the veto, is not there for the veto to see."""
    reader = hurried(visit)
    moved(visit)
    visit.now += timedelta(hours=1)
    ask(visit, NEW)
    visit.client.post(path(visit, HERS, "not-me"))
    with visit.parts.db.writing() as session:
        wish_id = session.scalars(select(SignIn.id).order_by(SignIn.id.desc()).limit(1)).one()
        late = signing_in.mint(session, wish_id, visit.now)
    assert visit.client.get(f"/sign-in/{late}").status_code == 410
    assert visit.client.post(f"/sign-in/{late}").status_code == 410
    with visit.parts.db.reading() as session:
        assert session.scalars(select(ReaderSession.subscriber_id)).all() == []
        assert session.get_one(Subscriber, reader).address == HERS


def test_a_session_that_was_opened_beside_the_veto_opens_nothing(visit: Visit) -> None:
    reader = hurried(visit)
    cookie = visit.client.cookies[COOKIE]
    with visit.parts.db.writing() as session:
        # As if the veto had not seen the row of a session that is being committed.
        session.get_one(Subscriber, reader).generation += 1
    assert sign_in.who(visit.parts, cookie, visit.now) is None
    assert visit.client.get("/me").status_code == 401
    assert visit.client.get("/me/export").status_code == 401


def test_no_wish_gets_in_between_a_veto_and_the_end_of_the_session(visit: Visit) -> None:
    reader = hurried(visit)
    cookie = visit.client.cookies[COOKIE]
    visitor = sign_in.who(visit.parts, cookie, visit.now)
    assert visitor
    wish(visit)
    visit.client.post(path(visit, HERS, "not-me"))
    with visit.parts.db.reading() as session:
        wishes = session.scalar(select(func.count()).select_from(AddressMove))
    # The request had passed its door before the veto was committed.
    with pytest.raises(LookupError):
        own_data.ask_to_move(visit.parts, visitor, "further@example.org", "", visit.now)
    nobody = Visitor(visitor.session_id, reader + 1000, visit.site_id, "ar", visit.now)
    with pytest.raises(LookupError):
        own_data.ask_to_move(visit.parts, nobody, "further@example.org", "", visit.now)
    with visit.parts.db.reading() as session:
        assert session.scalar(select(func.count()).select_from(AddressMove)) == wishes


def test_leaving_a_browser_leaves_the_links_of_letters_alone(visit: Visit) -> None:
    hurried(visit)
    alert(visit, "n1")
    act(visit, "/me/leave")
    assert visit.client.get(path(visit, HERS, "p")).status_code == 200


@pytest.mark.matrix(2)
@pytest.mark.parametrize("language", ["ar", "ckb", "en", "fa", "he", "ur"])
def test_a_former_link_says_in_the_reader_s_language_where_to_go(visit: Visit, language: str) -> None:
    hurried(visit)
    alert(visit, "n1")
    moved(visit)
    with visit.parts.db.writing() as session:
        session.execute(update(Subscriber).values(language=language))
    page = visit.client.get(path(visit, HERS, "p"), headers={"Accept-Language": ""})
    said = visit.edge.look.sentences.plain(language, "former_link")
    assert (page.status_code, said in page.text, f'lang="{language}"' in page.text) == (410, True, True)
    assert f'href="/naba/sign-in?lang={language}"' in page.text
