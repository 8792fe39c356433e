"""The links of a letter: looking changes nothing, acting twice is as good as once."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from notifier import flow
from notifier.consent import pending
from notifier.domain import topics
from notifier.domain.items import NewItem
from notifier.domain.words import Frequency, ItemKind
from notifier.models import ConsentEvent, Delivery, Subscriber, Subscription
from tests.web.conftest import POLITICS, Visit, article

SPORT = topics.category("رياضة")
ONE_CLICK = "List-Unsubscribe=One-Click"


def active(visit: Visit) -> list[str]:
    with visit.parts.db.reading() as session:
        return [str(row) for row in session.scalars(select(Subscription.id).where(Subscription.ended_at.is_(None)))]


def alerted(visit: Visit) -> tuple[int, str]:
    """A reader of politics at once and of sport daily, who got an alert: the reader, and its unsubscribe link."""
    reader = visit.active(frequency="instant")
    visit.active(topic=SPORT)
    flow.ingest_items(visit.parts, visit.site_id, [article("n1", title="عاجل")], visit.now)
    visit.work()
    return reader, visit.link("u", reader, visit.delivery(reader))


def test_a_confirmation_link_confirms_on_post_only(visit: Visit) -> None:
    token = visit.confirm()
    page = visit.client.get(f"/confirm/{token}")
    assert page.status_code == 200
    assert "سياسة" in page.text
    assert '<form method="post">' in page.text
    assert active(visit) == []
    done = visit.client.post(f"/confirm/{token}")
    assert done.status_code == 200
    assert "تم تأكيد الاشتراك" in done.text
    assert len(active(visit)) == 1


def test_a_used_link_explains_itself(visit: Visit) -> None:
    token = visit.confirm()
    visit.client.post(f"/confirm/{token}")
    for answer in (visit.client.get(f"/confirm/{token}"), visit.client.post(f"/confirm/{token}")):
        assert answer.status_code == 200
        assert "استُعمل من قبل" in answer.text
        assert "<form" not in answer.text
    assert len(active(visit)) == 1


def test_an_expired_link_leads_back_to_the_box(visit: Visit) -> None:
    token = visit.confirm()
    visit.now += timedelta(hours=73)
    for answer in (visit.client.get(f"/confirm/{token}"), visit.client.post(f"/confirm/{token}")):
        assert answer.status_code == 410
        assert 'href="/naba/subscribe?lang=ar"' in answer.text
    assert active(visit) == []


def test_the_letter_s_own_link_works(visit: Visit) -> None:
    visit.sign_up()
    text = visit.mail_text(-1)
    token = text.split("/confirm/")[1].split()[0]
    assert visit.client.post(f"/confirm/{token}").status_code == 200
    assert len(active(visit)) == 1


def test_a_letter_s_topics_can_be_ended_alone(visit: Visit) -> None:
    _, link = alerted(visit)
    page = visit.client.get(link)
    assert '<button type="submit" name="scope" value="letter">' in page.text
    assert "سياسة" in page.text
    answer = visit.client.post(link, data={"scope": "letter"})
    assert answer.status_code == 200
    assert "سياسة" in answer.text
    assert len(active(visit)) == 1
    again = visit.client.post(link, data={"scope": "letter"})
    assert again.status_code == 200
    assert "سبق أن انتهى الاشتراك" in again.text


def test_everything_can_be_ended(visit: Visit) -> None:
    _, link = alerted(visit)
    for _ in range(2):
        answer = visit.client.post(link, data={"scope": "all"})
        assert answer.status_code == 200
        assert "لن تصلك بعد الآن أي رسائل" in answer.text
    assert active(visit) == []
    assert 'value="letter"' not in visit.client.get(link).text


@pytest.mark.parametrize("sent", [{}, {"scope": "some"}, {"scope": ""}])
def test_an_unclear_choice_ends_nothing(visit: Visit, sent: dict[str, str]) -> None:
    _, link = alerted(visit)
    answer = visit.client.post(link, data=sent)
    assert answer.status_code == 422
    assert "يلزم اختيار ما نوقفه" in answer.text
    assert len(active(visit)) == 2


MULTIPART = (
    b'--b1\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b1--\r\n',
    "multipart/form-data; boundary=b1",
)


@pytest.mark.parametrize(
    ("body", "kind"), [(ONE_CLICK.encode(), "application/x-www-form-urlencoded"), MULTIPART], ids=["url", "multipart"]
)
def test_one_click_answers_200_without_a_redirect_and_twice(visit: Visit, body: bytes, kind: str) -> None:
    _, link = alerted(visit)
    headers = {"Content-Type": kind, "Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"}
    first = visit.client.post(link, content=body, headers=headers, follow_redirects=False)
    ended = active(visit)
    second = visit.client.post(link, content=body, headers=headers, follow_redirects=False)
    for answer in (first, second):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/plain")
        assert len(answer.content) < 100
    assert len(ended) == 1
    assert active(visit) == ended


def test_one_click_for_a_reader_who_is_gone_is_still_200(visit: Visit) -> None:
    reader, link = alerted(visit)
    with visit.parts.db.writing() as session:
        session.delete(session.get_one(Subscriber, reader))
    assert visit.client.get(link).status_code == 404
    answer = visit.client.post(link, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200


def test_one_click_leaves_evidence(visit: Visit) -> None:
    _, link = alerted(visit)
    visit.client.post(link, data={"List-Unsubscribe": "One-Click"})
    with visit.parts.db.reading() as session:
        last = session.scalars(select(ConsentEvent).order_by(ConsentEvent.id.desc())).first()
    assert last is not None
    assert (last.action, last.purpose) == ("unsubscribed", POLITICS)


@pytest.mark.matrix(1)
@pytest.mark.parametrize("purpose", ["u", "p", "v"])
def test_every_flipped_bit_of_a_link_is_refused(visit: Visit, purpose: str) -> None:
    reader, _ = alerted(visit)
    good = visit.link(purpose, reader, visit.delivery(reader))
    before = visit.rows()
    for place in range(3, len(good), 2):
        bad = good[:place] + chr(ord(good[place]) ^ 1) + good[place + 1 :]
        if bad.endswith(("/", "?", "#", "%")) or "?" in bad or "#" in bad:
            continue
        assert visit.client.get(bad).status_code == 404, bad
        assert visit.client.post(bad, data={"scope": "all", "stop": "all"}).status_code in {404, 405}, bad
    assert visit.rows() == before


def test_a_link_of_one_purpose_does_not_open_another_page(visit: Visit) -> None:
    reader, _ = alerted(visit)
    token = visit.parts.signer.sign("p", reader, visit.delivery(reader))
    assert visit.client.get(f"/u/{token}").status_code == 404
    assert visit.client.post(f"/u/{token}", data={"List-Unsubscribe": "One-Click"}).status_code == 404
    assert len(active(visit)) == 2


@pytest.mark.matrix(3)
@pytest.mark.parametrize("path", ["/u/x", "/p/x", "/v/x", "/confirm/x", "/u/%00", "/confirm/%ED%A0%80", "/p/1.2.é"])
def test_a_token_we_never_made_is_404(visit: Visit, path: str) -> None:
    assert visit.client.get(path).status_code == 404
    assert visit.client.head(path).status_code == 404


def test_a_letter_opens_in_the_browser_and_nothing_in_it_runs(visit: Visit) -> None:
    flow.ingest_items(visit.parts, visit.site_id, [article("n0", title="<script>alert(1)</script>")], visit.now)
    reader, _ = alerted(visit)
    page = visit.client.get(visit.link("v", visit.delivery(reader)))
    assert page.status_code == 200
    assert "عاجل" in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    for private in ("layla@example.org", "/u/", "/p/"):
        assert private not in page.text


def test_the_digest_s_link_ends_the_digest(visit: Visit) -> None:
    reader = visit.active(topic=SPORT)
    flow.ingest_items(visit.parts, visit.site_id, [article("n1", categories=("رياضة",))], visit.now)
    visit.now += timedelta(days=1)
    flow.open_runs(visit.parts, visit.now)
    visit.work()
    with visit.parts.db.reading() as session:
        kind = session.scalars(select(Delivery.kind).order_by(Delivery.id.desc())).first()
    assert kind == "digest"
    visit.client.post(visit.link("u", reader, visit.delivery(reader)), data={"List-Unsubscribe": "One-Click"})
    assert active(visit) == []


def test_a_thread_s_title_is_shown_as_text(visit: Visit) -> None:
    evil = "<b onclick=alert(1)>عنوان</b>"
    flow.ingest_items(visit.parts, visit.site_id, [article("e1", title=evil)], visit.now)
    reader = visit.active(topic="thread:e1", frequency=Frequency.INSTANT)
    comment = NewItem(ItemKind.COMMENT, "c1", html="<p>رأي</p>", article_guid="e1", published_at=visit.now)
    flow.ingest_items(visit.parts, visit.site_id, [comment], visit.now)
    visit.work()
    visit.now += timedelta(hours=1)
    flow.bundle_notices(visit.parts, visit.now)
    visit.work()
    link: Any = visit.link("u", reader, visit.delivery(reader))
    assert "onclick" not in visit.client.get(link).text.replace("&lt;b onclick", "")
    assert "onclick" not in visit.client.post(link, data={"scope": "letter"}).text.replace("&lt;b onclick", "")


# -- another confirmation ------------------------------------------------------------------------------------------


def test_an_expired_link_offers_a_new_one_and_never_says_to_whom(visit: Visit) -> None:
    old = visit.confirm("layla@example.org")
    visit.now += timedelta(hours=80)
    page = visit.client.get(f"/confirm/{old}?lang=en")
    assert page.status_code == 410
    assert f'action="/confirm/{old}/again?lang=en"' in page.text
    answer = visit.client.post(f"/confirm/{old}/again?lang=en")
    assert answer.status_code == 200
    assert "One step to go" in answer.text
    assert "layla" not in page.text + answer.text
    visit.work()
    assert len(visit.transport.sent) == 2
    fresh = visit.mail_text(1).split("/confirm/")[1].split()[0]
    assert "تم تأكيد" in visit.client.post(f"/confirm/{fresh}").text


def test_new_links_are_as_rare_as_the_letters_of_a_form(visit: Visit) -> None:
    old = visit.confirm("layla@example.org")
    visit.now += timedelta(hours=80)
    statuses = [visit.client.post(f"/confirm/{old}/again").status_code for _ in range(12)]
    visit.work()
    assert statuses == [*[200] * 10, 429, 429]
    assert len(visit.transport.sent) == 3, "three in thirty days, the first included"


def test_a_link_that_did_its_work_or_still_works_sends_no_other(visit: Visit) -> None:
    token = visit.confirm("layla@example.org")
    assert visit.client.post(f"/confirm/{token}/again").status_code == 200
    visit.client.post(f"/confirm/{token}")
    used = visit.client.get(f"/confirm/{token}")
    assert "/again" not in used.text
    before = visit.rows()
    assert visit.client.post(f"/confirm/{token}/again").status_code == 200
    assert visit.client.post("/confirm/none/again").status_code == 404
    assert visit.rows() == before


def test_who_left_for_good_gets_a_new_link_by_the_used_one(visit: Visit) -> None:
    token = visit.confirm("layla@example.org")
    visit.client.post(f"/confirm/{token}")
    with visit.parts.db.reading() as session:
        reader = session.scalars(select(Subscriber.id)).one()
    visit.client.post(visit.link("u", reader, 0), data={"scope": "all"})
    page = visit.client.get(f"/confirm/{token}?lang=en")
    assert "ended since" in page.text
    assert visit.client.post(f"/confirm/{token}/again").status_code == 200
    visit.work()
    assert len(visit.transport.sent) == 2


def test_the_link_of_somebody_forgotten_offers_the_page_instead(visit: Visit) -> None:
    token = visit.confirm("layla@example.org")
    visit.now += timedelta(days=9)
    with visit.parts.db.writing() as session:
        pending.purge(session, visit.now - timedelta(days=7))
    page = visit.client.get(f"/confirm/{token}?lang=en")
    assert page.status_code == 410
    assert "/again" not in page.text
    assert 'href="/naba/subscribe?lang=en"' in page.text
    assert visit.client.post(f"/confirm/{token}/again").status_code == 410
