"""Editors' issues in the public archive: those for a list that anybody may join, as they read today."""

import re
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from notifier import flow, upkeep
from notifier.desk.audit import Actor
from notifier.desk.tagging import retag
from notifier.domain.desk_words import IssueState
from notifier.domain.issues import Audience, Composed, When
from notifier.issues import compose, sending
from notifier.issues.rows import Which
from notifier.models import Issue
from tests.web.conftest import POLITICS, Visit, article
from tests.web.test_archive import ATOM, change_site, filed

BY = Actor("cli")
TITLE = "رسالة المحرر"


def send(visit: Visit, *guids: str, **words: Any) -> int:
    """An issue that has gone out, and been filed where it is."""
    items = flow.ingest_items(
        visit.parts, visit.site_id, [article(one, title=f"خبر {one}") for one in guids], visit.now
    )
    given = {"title": TITLE, "language": "ar", "intro": "مرحبًا **بكم** <script>alert(1)</script>", **words}
    made = compose.begin(visit.parts, visit.site_id, Composed(**given), BY, visit.now)
    which = Which(visit.site_id, made, BY, visit.now)
    compose.add_items(visit.parts, which, [one.item_id for one in items if one.item_id])
    sending.schedule(visit.parts, which, When(visit.now, None))
    go_on(visit)
    return made


def go_on(visit: Visit) -> None:
    for nudge in sending.due(visit.parts, visit.now):
        upkeep.act(visit.parts, nudge, lambda: visit.now)
    visit.work()
    upkeep.sweep(visit.parts, visit.now)


@pytest.fixture
def reader(visit: Visit) -> int:
    return visit.active(frequency="weekly")


@pytest.mark.usefixtures("reader")
def test_an_issue_stands_in_the_archive_and_its_feed_with_its_words_and_stories(visit: Visit) -> None:
    send(visit, "i1", "i2")
    page = visit.client.get("/naba/archive").text
    assert all(words in page for words in (TITLE, "مرحبًا بكم", "خبر i1", "خبر i2"))
    feed = visit.client.get("/naba/archive.atom")
    (entry,) = ET.fromstring(feed.content).findall(f"{ATOM}entry")  # noqa: S314 - our own document
    assert entry.findtext(f"{ATOM}title") == TITLE
    told = "".join(entry.itertext())
    assert all(words in told for words in ("مرحبًا بكم", "خبر i1", "خبر i2"))
    letter = visit.client.get(f"/naba/letter/{filed(visit)[0].public_id}?lang=en")
    assert letter.status_code == 200
    assert '<html lang="ar"' in letter.text, "it is in one language from its first line to its footer"
    assert "<script" not in page + feed.text + letter.text


@pytest.mark.usefixtures("reader")
def test_it_stands_in_the_sections_of_its_items_and_of_its_list(visit: Visit) -> None:
    send(visit, title="للرياضيين", audience=Audience(topics=(POLITICS,)))
    send(visit, "i1", title="للجميع")
    section = visit.client.get("/naba/archive/سياسة.atom").text
    assert ("للرياضيين" in section, "للجميع" in section) == (True, True)
    assert TITLE not in visit.client.get("/naba/archive/رياضة").text


@pytest.mark.parametrize(
    "audience",
    [Audience(sources=("form",)), Audience(tags=("معرض",)), Audience(joined_days=30), Audience(alive_days=90)],
    ids=str,
)
def test_one_for_readers_who_did_not_choose_to_be_of_its_list_is_not_filed(
    visit: Visit, reader: int, audience: Audience
) -> None:
    with visit.parts.db.writing() as session:
        retag(session, visit.site_id, reader, ["معرض"], visit.now)
    send(visit, audience=audience)
    assert any(TITLE in visit.mail_text(n) for n in range(len(visit.transport.sent)))
    assert filed(visit) == []


@pytest.mark.usefixtures("reader")
def test_what_is_taken_back_goes_and_what_the_editor_wrote_stays(visit: Visit) -> None:
    send(visit, "i1", "i2")
    send(visit, "i3", title="بلا كلام", intro="")
    for guid in ("i1", "i3"):
        flow.retract_item(visit.parts, visit.site_id, guid, visit.now)
    page = visit.client.get("/naba/archive").text
    assert (TITLE in page, "خبر i2" in page, "خبر i1" in page, "بلا كلام" in page) == (True, True, False, False)
    first, second = filed(visit)
    assert "خبر i1" not in visit.client.get(f"/naba/letter/{first.public_id}").text
    assert visit.client.get(f"/naba/letter/{second.public_id}").status_code == 404


@pytest.mark.usefixtures("reader")
def test_a_cancelled_one_is_not_shown_and_a_site_without_an_archive_files_none(visit: Visit) -> None:
    made = send(visit)
    with visit.parts.db.writing() as session:
        session.get_one(Issue, made).state = IssueState.CANCELLED
    assert TITLE not in visit.client.get("/naba/archive").text
    assert visit.client.get(f"/naba/letter/{filed(visit)[0].public_id}").status_code == 404
    change_site(visit, has_archive=False)
    send(visit, title="أخرى")
    assert len(filed(visit)) == 1


@pytest.mark.long
def test_one_whose_subject_is_tried_out_waits_for_the_subject_that_most_got(visit: Visit) -> None:
    for number in range(8):
        visit.active(f"r{number}@example.org", frequency="weekly")
    made = send(visit, subjects=("أول", "ثان"), sample_percent=90, sample_hours=1)
    assert filed(visit) == []
    with visit.parts.db.writing() as session:
        session.get_one(Issue, made).winner = 1
    go_on(visit)
    assert filed(visit) == [], "one that is provisional may still change"
    visit.now += timedelta(hours=1, seconds=1)
    go_on(visit)
    (one,) = filed(visit)
    assert one.data["subject"] == 0
    assert "أول" in visit.client.get(f"/naba/letter/{one.public_id}").text


def test_the_address_to_share_names_no_reader(visit: Visit, reader: int) -> None:
    send(visit, "i1")
    view = visit.client.get(visit.link("v", visit.delivery(reader))).text
    shared = f"/naba/letter/{filed(visit)[0].public_id}"
    assert f"https://naba.example{shared}" in view
    pages = view + visit.client.get(shared).text + visit.client.get("/naba/archive.atom").text
    # Every signed token of ours is `<ids>.<mac>`, and every page behind one begins with its purpose.
    assert not re.search(r"naba\.example/(u|p|v|c|o|undo|confirm|sign-in|not-me)/|[?&]r=|layla@", pages)
