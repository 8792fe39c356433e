"""In by a link: the same answer for everybody, one use, half an hour; and what only that opens."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from notifier import flow
from notifier.consent import own, signing_in, suppression
from notifier.domain.items import NewItem
from notifier.domain.returns.classify import classify
from notifier.domain.returns.standing import Against
from notifier.domain.tokens import token_hash
from notifier.domain.traces import Tracking
from notifier.domain.words import ItemKind, LetterKind, Reason, State
from notifier.feedback import standings
from notifier.models import ConsentEvent, Delivery, ReaderSession, SignIn, SignInToken, Site, Subscriber, Suppression
from notifier.web.doors import COOKIE
from tests.web.conftest import POLITICS, Visit

HERS = "layla@example.org"


def ask(visit: Visit, address: str = HERS) -> Any:
    answer = visit.client.post("/naba/sign-in", data={"address": address})
    visit.work()
    return answer


def link_of(visit: Visit) -> str:
    return "/sign-in/" + visit.mail_text(-1).split("/sign-in/")[1].split()[0]


def signed_in(visit: Visit) -> int:
    """A reader with an open session in the client; gives the id."""
    reader = visit.active()
    ask(visit)
    answer = visit.client.post(link_of(visit), follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/me")
    cookie = answer.headers["set-cookie"]
    assert all(term in cookie for term in ("HttpOnly", "SameSite=lax", "Secure", "Path=/me"))
    # The test's client speaks http, and a Secure cookie stays at home.
    visit.client.cookies.clear()
    visit.client.cookies.set(COOKIE, cookie.split("=", 1)[1].split(";")[0])
    return reader


def csrf(visit: Visit) -> str:
    return str(visit.client.get("/me").text.split('name="csrf" value="')[1].split('"')[0])


def act(visit: Visit, path: str, **fields: str) -> Any:
    return visit.client.post(path, data={"csrf": csrf(visit), **fields}, follow_redirects=False)


def test_everybody_gets_the_same_answer_and_only_readers_a_letter(visit: Visit) -> None:
    visit.active()
    visit.sign_up("pending@example.org")
    visit.active("gone@example.org")
    with visit.parts.db.writing() as session:
        hashed = visit.hash_of(session, "gone@example.org")
        row = {"site_id": visit.site_id, "address_hash": hashed, "reason": "complaint", "source": "t", "at": visit.now}
        session.add(Suppression(**row))
    sent = len(visit.transport.sent)
    addresses = ("nobody@example.org", "pending@example.org", "gone@example.org", HERS)
    assert len({ask(visit, one).content for one in addresses}) == 1
    assert len(visit.transport.sent) == sent + 1
    with visit.parts.db.reading() as session:
        assert set(session.scalars(select(SignIn.address))) == {""}, "no address is kept once it is handled"


def test_a_bad_address_is_said_and_kept_in_the_field(visit: Visit) -> None:
    answer = ask(visit, 'x"><b>')
    assert answer.status_code == 422
    assert "x&#34;&gt;&lt;b&gt;" in answer.text
    assert visit.client.get("/none/sign-in").status_code == 404


def test_three_links_an_hour_are_the_most_whatever_the_spelling(visit: Visit) -> None:
    visit.active("layla.k@gmail.com")
    sent = len(visit.transport.sent)
    for _ in range(5):
        ask(visit, "Layla.K@gmail.com")
    assert len(visit.transport.sent) - sent == 3


@pytest.mark.parametrize("knobs", [{"signups_per_ip_h": 2}], indirect=True)
def test_a_network_that_asks_too_often_is_refused(visit: Visit) -> None:
    assert [ask(visit, f"{n}@example.org").status_code for n in range(3)] == [200, 200, 429]


def test_looking_does_not_use_a_link_up_and_acting_does(visit: Visit) -> None:
    visit.active()
    ask(visit)
    link = link_of(visit)
    before = visit.rows()
    assert visit.client.get(link).status_code == visit.client.head(link).status_code == 200
    assert visit.rows() == before
    assert visit.client.post(link, follow_redirects=False).status_code == 303
    again = visit.client.post(link, follow_redirects=False)
    assert again.status_code == 410
    assert "/naba/sign-in" in again.text
    assert "set-cookie" not in again.headers


def test_a_link_works_for_half_an_hour_and_a_session_for_an_hour(visit: Visit) -> None:
    signed_in(visit)
    visit.now += signing_in.SESSION_LASTS
    assert visit.client.get("/me").status_code == 401
    ask(visit)
    link = link_of(visit)
    visit.now += signing_in.LINK_LASTS
    assert visit.client.post(link, follow_redirects=False).status_code == 410
    assert "٣٠ دقيقة" in visit.mail_text(-1)


def test_a_link_that_opens_nothing_any_more_sends_a_new_one_at_one_press(visit: Visit) -> None:
    signed_in(visit)
    used, sent = link_of(visit), len(visit.transport.sent)
    assert f'action="{used}/again' in visit.client.get(used).text
    again = visit.client.post(f"{used}/again")
    visit.work()
    assert (again.status_code, visit.transport.sent[-1].rcpt_to) == (200, HERS)
    assert len(visit.transport.sent) == sent + 1
    assert HERS not in again.text
    open_link = link_of(visit)
    assert open_link != used
    assert visit.client.post(f"{open_link}/again").status_code == 200, "one that still works is shown, and no letter"
    with visit.parts.db.writing() as session:
        hashed = visit.hash_of(session, HERS)
        row = {"site_id": visit.site_id, "address_hash": hashed, "reason": "complaint", "source": "t", "at": visit.now}
        session.add(Suppression(**row))
    assert visit.client.post(f"{used}/again").text == again.text, "whatever is known of the address"
    visit.work()
    assert len(visit.transport.sent) == sent + 1
    assert visit.client.post("/sign-in/nothing/again").status_code == 404


def test_a_page_that_was_open_for_an_hour_asks_for_a_new_link_at_one_press(visit: Visit) -> None:
    signed_in(visit)
    open_form, sent = csrf(visit), len(visit.transport.sent)
    assert visit.client.post("/me/again", data={"csrf": open_form}).status_code == 403, "it is open"
    visit.now += signing_in.SESSION_LASTS
    closed = visit.client.get("/me/history")
    assert closed.status_code == 401
    assert (HERS in closed.text, "صحيفة النبأ" in closed.text, 'lang="ar"' in closed.text) == (False, True, True)
    form = {"csrf": closed.text.split('name="csrf" value="')[1].split('"')[0]}
    before = visit.rows()
    assert visit.client.post("/me/again").status_code == 403
    assert visit.client.post("/me", data=form).status_code == 401, "and opens nothing else"
    assert visit.rows() == before
    assert visit.client.post("/me/again", data=form).status_code == 200
    visit.work()
    assert [one.rcpt_to for one in visit.transport.sent[sent:]] == [HERS]
    visit.now += signing_in.KEPT
    visit.work()
    assert "csrf" not in visit.client.get("/me").text, "after a day nobody knows whose it was"


@pytest.mark.parametrize("knobs", [{"signups_per_ip_h": 2}], indirect=True)
def test_one_press_counts_like_the_form(visit: Visit) -> None:
    signed_in(visit)
    path = f"{link_of(visit)}/again"
    assert [visit.client.post(path).status_code for _ in range(2)] == [200, 429]


def test_tokens_are_kept_as_hashes_only(visit: Visit) -> None:
    signed_in(visit)
    token = link_of(visit).rpartition("/")[2]
    rows = json.dumps(visit.rows(), default=str)
    assert token not in rows
    assert token_hash(token) in rows
    assert str(visit.client.cookies[COOKIE]) not in rows


def test_a_letter_s_reader_is_sent_the_link_at_the_address_on_file(visit: Visit) -> None:
    reader = visit.active()
    answer = visit.client.post(visit.link("p", reader) + "/sign-in", follow_redirects=False)
    assert answer.headers["location"].endswith("?done=asked&part=person#person")
    visit.work()
    assert visit.transport.sent[-1].rcpt_to == HERS
    assert "/sign-in/" in visit.mail_text(-1)


@pytest.mark.matrix(2)
@pytest.mark.parametrize("path", ["", "/undo", "/address", "/erase", "/leave"])
def test_a_form_without_its_token_is_403_and_changes_nothing(visit: Visit, path: str) -> None:
    signed_in(visit)
    before = visit.rows()
    other = visit.parts.signer.sign("csrf", 99)
    for sent in ({}, {"csrf": "x"}, {"csrf": other}):
        fields = {**sent, "stop": "all", "address": "new@example.org"}
        assert visit.client.post(f"/me{path}", data=fields).status_code == 403
    assert visit.rows() == before


@pytest.mark.parametrize("path", ["", "/history", "/export", "/address", "/erase"])
def test_a_letter_s_link_opens_nothing_of_the_person_s_own(visit: Visit, path: str) -> None:
    reader = visit.active()
    token = visit.parts.signer.sign("p", reader)
    visit.client.cookies.set(COOKIE, token)
    assert visit.client.get(f"/me{path}").status_code == 401
    assert visit.client.get(f"/p/{token}{path}").status_code == (404 if path else 200)
    assert visit.client.post(f"/me{path}", data={"csrf": token}).status_code in {401, 405}


def test_looking_at_one_s_own_pages_changes_nothing(visit: Visit) -> None:
    signed_in(visit)
    before = visit.rows()
    for path in ("", "/history", "/history?before=3", "/history?before=x", "/export", "/address", "/erase"):
        for method in ("GET", "HEAD"):
            page = visit.client.request(method, f"/me{path}")
            assert page.status_code == 200, path
            assert page.headers["cache-control"] == "no-store"
            assert len(page.content) < 50_000
    assert visit.rows() == before


def test_the_history_calls_a_letter_about_nothing_by_no_story(visit: Visit) -> None:
    signed_in(visit)
    said = NewItem(ItemKind.COMMENT, "c1", html="<p>رأي</p>", article_guid="a1")
    flow.ingest_items(visit.parts, visit.site_id, [said], visit.now)
    follower = visit.active("other@example.org", "thread:a1", "instant")
    visit.now += timedelta(minutes=1)
    more = NewItem(ItemKind.COMMENT, "c2", html="<p>رأي آخر</p>", article_guid="a1")
    flow.ingest_items(visit.parts, visit.site_id, [more], visit.now)
    visit.now += timedelta(minutes=40)
    flow.bundle_notices(visit.parts, visit.now)
    visit.work()
    with visit.parts.db.reading() as session:
        (reply,) = (one for one in own.history(session, follower) if one.kind is LetterKind.REPLY)
    assert reply.title == "خبر أول", "comments are called by their article"
    assert "خبر أول" not in visit.client.get("/me/history").text, "and a sign-in link by nobody's"


def test_the_history_tells_each_letter_and_why_one_did_not_go(visit: Visit) -> None:
    reader = signed_in(visit)
    with visit.parts.db.writing() as session:
        row = session.scalars(select(Delivery).where(Delivery.subscriber_id == reader).order_by(Delivery.id)).first()
        assert row is not None
        row.state, row.reason = State.DROPPED, Reason.PAUSED
    page = visit.client.get("/me/history").text
    assert "رابط دخول" in page
    assert "كانت الرسائل متوقفة مؤقتًا بطلبك" in page


def test_the_export_holds_everything_and_nothing_of_others(visit: Visit) -> None:
    visit.active("other@example.org")
    signed_in(visit)
    answer = visit.client.get("/me/export")
    assert answer.headers["content-disposition"].startswith("attachment")
    told = answer.json()
    assert told["reader"][0]["address"] == HERS
    assert [one["name"] for one in told["subscriptions"]] == [POLITICS]
    assert [one["action"] for one in told["consent"]] == ["requested", "confirmed"]
    assert {one["kind"] for one in told["letters"]} == {"confirm", "magic-link"}
    assert "other@" not in answer.text
    assert told["your_mail"] == [
        "تصل رسائلنا إلى هذا العنوان، ولا رفض محتسب عليه.",
        "لا نحفظ ما تفتحه من رسائل ولا ما تنقر عليه من روابط.",
    ]


@pytest.mark.parametrize(
    ("tracking", "told"),
    [
        (Tracking.COUNTS, "نعدّ مرّات فتح الرسائل والنقر على روابطها، ولا نحفظ مَن فعل ذلك."),
        (Tracking.READERS, "لا نحفظ ما تفتحه من رسائل ولا ما تنقر عليه من روابط."),
    ],
)
def test_the_export_says_what_is_counted_of_one_who_did_not_agree(visit: Visit, tracking: Tracking, told: str) -> None:
    signed_in(visit)
    with visit.parts.db.writing() as session:
        session.get_one(Site, visit.site_id).tracking = tracking
    assert visit.client.get("/me/export").json()["your_mail"][-1] == told


def test_the_export_says_in_words_how_the_address_takes_mail(visit: Visit) -> None:
    reader = signed_in(visit)
    with visit.parts.db.writing() as session:
        one = session.get_one(Subscriber, reader)
        site = session.get_one(Site, one.site_id)
        full = Against(1, visit.now, classify("452 4.2.2 mailbox full"))
        standings.hold(session, [((site.id, one.address_hash), full)], 5)
        suppression.suppress_hashes(session, {(site.id, one.address_hash): "complained"}, "mail", visit.now)
        one.may_track, site.tracking = True, Tracking.READERS
    told = visit.client.get("/me/export").json()["your_mail"]
    assert len(told) == 4
    assert "كان صندوق بريدك ممتلئًا" in told[0]
    assert "1 من 5" in told[1] or "١ من ٥" in told[1]
    assert "مزعجة" in told[2]
    assert told[3].startswith("وافقتَ")


def test_erasing_takes_two_steps_and_leaves_a_hash(visit: Visit) -> None:
    reader = signed_in(visit)
    assert "لا يمكن التراجع" in visit.client.get("/me/erase").text
    answer = act(visit, "/me/erase")
    assert answer.status_code == 200
    assert 'name="undo"' not in answer.text
    with visit.parts.db.reading() as session:
        assert session.get(Subscriber, reader) is None
        assert session.scalars(select(ReaderSession)).all() == []
        assert session.scalars(select(SignInToken)).all() == []
        assert session.scalars(select(Suppression.reason)).all() == ["erased"]
    assert HERS not in json.dumps(visit.rows(), default=str, ensure_ascii=False)
    assert visit.client.get("/me").status_code == 401


def test_another_address_must_say_so_itself_and_takes_everything_along(visit: Visit) -> None:
    reader = signed_in(visit)
    assert act(visit, "/me/address", address="not an address").status_code == 422
    assert act(visit, "/me/address", address="new@example.org").headers["location"].endswith("#person")
    visit.work()
    with visit.parts.db.reading() as session:
        assert session.get_one(Subscriber, reader).address == HERS, "nothing changes before the new address agrees"
    asked = next(one for one in (visit.mail_text(-1), visit.mail_text(-2)) if "/confirm/" in one)
    token = asked.split("/confirm/")[1].split()[0]
    assert visit.client.post(f"/confirm/{token}").status_code == 200
    assert visit.client.post(f"/confirm/{token}").status_code == 200
    with visit.parts.db.reading() as session:
        rows = session.execute(select(Subscriber.id, Subscriber.address)).all()
        last = session.scalars(select(ConsentEvent).order_by(ConsentEvent.id.desc())).first()
    assert [tuple(row) for row in rows] == [(reader, "new@example.org")]
    assert last is not None
    assert last.purpose == "address"
    assert visit.client.get("/me").status_code == 401, "whoever had a session must come by the new address"


def test_the_address_of_another_reader_is_not_taken_and_not_told(visit: Visit) -> None:
    visit.active("other@example.org")
    signed_in(visit)
    sent = len(visit.transport.sent)
    taken = act(visit, "/me/address", address="other@example.org")
    visit.work()
    free = act(visit, "/me/address", address="free@example.org")
    assert taken.headers["location"] == free.headers["location"]
    assert [one.rcpt_to for one in visit.transport.sent[sent:]] == [HERS], "word of the wish, and no question"
    with visit.parts.db.reading() as session:
        assert set(session.scalars(select(Subscriber.address))) == {HERS, "other@example.org"}


def test_a_name_is_the_person_s_own_to_change(visit: Visit) -> None:
    reader = signed_in(visit)
    act(visit, "/me", part="person", name="  ليلى\u202e <b> ")
    with visit.parts.db.reading() as session:
        assert session.get_one(Subscriber, reader).name == "ليلى <b>"
    assert 'value="ليلى &lt;b&gt;"' in visit.client.get("/me").text


def test_signing_out_ends_the_session_everywhere(visit: Visit) -> None:
    signed_in(visit)
    assert act(visit, "/me/leave").headers["location"] == "/naba/sign-in?lang=ar"
    assert visit.client.get("/me").status_code == 401


def test_old_wishes_are_forgotten_and_their_numbers_are_not(visit: Visit) -> None:
    visit.active()
    ask(visit)
    ask(visit, "nobody@example.org")
    visit.now += signing_in.KEPT + timedelta(hours=1)
    visit.work()
    with visit.parts.db.reading() as session:
        assert len(session.scalars(select(SignIn.id)).all()) == 1
        assert session.scalars(select(SignInToken)).all() == []
