"""Opens and clicks at the desk: who may switch them on, what is shown of them, and that off means nothing at all."""

import re

import pytest
from sqlalchemy import func, select, update

from notifier import flow
from notifier.desk.audit import Actor
from notifier.domain.desk_words import Role, WinnerRule
from notifier.domain.issues import Composed, When
from notifier.domain.traces import Onlooker, TraceKind, Tracking
from notifier.domain.words import LetterKind
from notifier.feedback import traces
from notifier.issues import compose, sending
from notifier.issues.rows import Which
from notifier.models import AuditEvent, Letter, Site, Subscriber, Trace
from notifier.sites import SiteChange, amend_site
from notifier.trail import Seen
from tests.desk.conftest import Desk, Somebody
from tests.desk.test_setup_identity import FORM
from tests.web.conftest import article

SETUP, CHARTS = "/at/naba/setup", "/at/naba/charts"
LINK = "https://naba.example/n1"
FILES = ("opens", "clicks", "opened")


def policy(desk: Desk, tracking: Tracking) -> None:
    with desk.visit.parts.db.writing() as session:
        site = session.get_one(Site, desk.visit.site_id)
        amend_site(session, site, SiteChange(tracking=tracking), Actor("cli"), desk.visit.now)


def issue(desk: Desk, *subjects: str) -> int:
    """An issue that went out to two readers."""
    parts, now = desk.visit.parts, desk.visit.now
    for name in ("layla", "omar"):
        desk.visit.active(f"{name}@example.org")
    (news,) = flow.ingest_items(parts, 1, [article("n1", title="خبر")], now)
    words = Composed("رسالة الأحد", "ar", "مرحبًا", subjects=subjects, winner_rule=WinnerRule.OPENS, sample_percent=90)
    made = compose.begin(parts, 1, words, Actor("cli"), now)
    of = Which(1, made, Actor("cli"), now)
    compose.add_items(parts, of, [news.item_id or 0])
    sending.schedule(parts, of, When())
    desk.visit.work()
    return made


def look(desk: Desk, *seen: tuple[TraceKind, Onlooker]) -> None:
    """Opens and clicks of the issue's first letter, each on its own."""
    with desk.visit.parts.db.writing() as session:
        letter = session.scalars(select(func.min(Letter.id)).where(Letter.kind == LetterKind.ISSUE)).one()
        at = desk.visit.now.timestamp()
        links = {TraceKind.OPEN: "", TraceKind.CLICK: LINK}
        some = [Seen(kind, letter, at + 60 * n, who, link=links[kind]) for n, (kind, who) in enumerate(seen)]
        traces.count(session, some)


EVERYBODY = [
    *[(TraceKind.OPEN, Onlooker.PERSON)] * 3, (TraceKind.OPEN, Onlooker.PROXY), (TraceKind.OPEN, Onlooker.APPLE),
    *[(TraceKind.OPEN, Onlooker.MACHINE)] * 2, (TraceKind.CLICK, Onlooker.PERSON),
    *[(TraceKind.CLICK, Onlooker.MACHINE)] * 5,
]  # fmt: skip


def test_where_nothing_is_counted_the_page_says_so_and_there_is_no_file(desk: Desk) -> None:
    issue(desk)
    analyst = desk.add(Role.ANALYST)
    page = analyst.get(CHARTS).text
    assert "التتبّع معطّل" in page
    assert "لكل مئة رسالة" not in page
    assert 'class="key-people"' not in page
    for file in FILES:
        assert analyst.get(f"{CHARTS}/{file}.csv").status_code == 404, file


def test_switched_off_again_nothing_of_before_is_shown(desk: Desk) -> None:
    policy(desk, Tracking.COUNTS)
    made = issue(desk)
    look(desk, *EVERYBODY)
    policy(desk, Tracking.OFF)
    analyst = desk.add(Role.ANALYST)
    assert 'class="key-people"' not in analyst.get(CHARTS).text
    assert analyst.get(f"{CHARTS}/opens.csv").status_code == 404
    assert "الفتح والنقر" not in analyst.get(f"/at/naba/issues/{made}").text


def test_opens_and_clicks_are_drawn_with_machines_apart_and_given_as_files(desk: Desk) -> None:
    policy(desk, Tracking.COUNTS)
    made = issue(desk)
    look(desk, *EVERYBODY)
    analyst = desk.add(Role.ANALYST)
    page = analyst.get(CHARTS).text
    assert "التتبّع معطّل" not in page
    assert page.count('role="img"') == 4 - ("لا أرقام بعد" in page)
    for key in ('id="opens-title"', 'id="clicks-title"', "الناس ٤", "وسيط Apple ١", "الآلات ٢", "الآلات ٥"):
        assert key in page, key
    files = {file: analyst.get(f"{CHARTS}/{file}.csv").content.decode("utf-8-sig").splitlines() for file in FILES}
    assert (files["opens"][0], files["opens"][-1]) == ("day,people,apple,machines", "2026-07-01,4,1,2")
    assert (files["clicks"][0], files["clicks"][-1]) == ("day,people,machines", "2026-07-01,1,5")
    assert len(files["opens"]) == 31
    head, row = files["opened"]
    told = dict(zip(head.split(","), row.split(","), strict=True))
    assert (told["send"], told["title"], told["delivered"]) == (f"issue-{made}", "رسالة الأحد", "2")
    assert (told["opens_people"], told["opens_per_hundred"], told["clicks_per_hundred"]) == ("4", "200.0", "50.0")
    assert f"/desk/at/naba/deliveries/issue-{made}" in page
    assert re.search(r"<strong>٤</strong></td><td class=\"amount\">٢٠٠</td>", page)


def test_with_consent_only_numbers_are_shown_and_never_whose(desk: Desk) -> None:
    policy(desk, Tracking.READERS)
    made = issue(desk)
    look(desk, *EVERYBODY)
    owner = desk.add(Role.OWNER)
    for page in (owner.get(CHARTS).text, owner.get(f"/at/naba/issues/{made}").text):
        assert "لا يُعدّ إلا القرّاء الذين وافقوا" in page
        assert "layla" not in page
        assert "example.org" not in page


def test_an_issue_tells_its_own_opens_and_clicks_by_subject_and_link(desk: Desk) -> None:
    policy(desk, Tracking.COUNTS)
    made = issue(desk, "موضوع أول", "موضوع ثان")
    look(desk, *EVERYBODY)
    page = desk.add(Role.ANALYST).get(f"/at/naba/issues/{made}").text
    assert re.search(r"مرات الفتح</th><td class=\"amount\"><strong>٤</strong>", page)
    assert re.search(r"النقرات</th><td class=\"amount\"><strong>١</strong>", page)
    assert "فُتح ٤ مرات" in page
    assert LINK in page
    assert "يفوز السطر الذي فتح الناس رسائله أكثر" in page
    assert "لا يعدّ الفتح ولا النقر" not in page


def test_only_where_nothing_is_counted_an_issue_says_so(desk: Desk) -> None:
    made, editor = issue(desk, "موضوع أول", "موضوع ثان"), desk.add(Role.EDITOR)
    draft = editor.post("/at/naba/issues").headers["location"].removeprefix("/desk")
    pages = f"/at/naba/issues/{made}", draft
    assert all("لا يعدّ الفتح ولا النقر" in editor.get(path).text for path in pages)
    policy(desk, Tracking.COUNTS)
    assert all("لا يعدّ الفتح ولا النقر" not in editor.get(path).text for path in pages)
    assert "يُعدّ فتح الناس ونقرهم دون الآلات" in editor.get(draft).text


@pytest.mark.parametrize("tracking", Tracking)
def test_only_where_nothing_is_counted_it_is_promised_that_nobody_is_followed(desk: Desk, tracking: Tracking) -> None:
    draft = desk.add(Role.EDITOR).post("/at/naba/issues").headers["location"].removeprefix("/desk")
    policy(desk, tracking)
    page = desk.add(Role.EDITOR).get(draft).text
    assert "النشاط اشتراك أو تغيير" in page
    assert ("ولا نتتبّع ما يفتحه أحد" in page) is (tracking is Tracking.OFF)


@pytest.fixture
def owner(desk: Desk) -> Somebody:
    return desk.add(Role.OWNER)


def tracking_of(desk: Desk) -> Tracking:
    with desk.visit.parts.db.reading() as session:
        return session.scalars(select(Site.tracking)).one()


def test_an_owner_says_what_is_counted_and_the_log_keeps_it(desk: Desk, owner: Somebody) -> None:
    page = owner.get(SETUP).text
    assert re.search(r'name="tracking" value="off" checked', page)
    assert "لا يُعرف من فعل ذلك" in page
    assert owner.post(SETUP, **{**FORM, "tracking": "counts"}).status_code == 303
    assert tracking_of(desk) is Tracking.COUNTS
    assert re.search(r'name="tracking" value="counts" checked', owner.get(SETUP).text)
    with desk.visit.parts.db.reading() as session:
        line = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert line
    assert (line.action, line.actor, line.site_id) == ("site.tracking_counts", f"user:{owner.user_id}", 1)
    assert "عدّ الفتح والنقر بلا أسماء" in owner.get("/log").text


def test_a_form_that_does_not_speak_of_it_changes_nothing_of_it(desk: Desk, owner: Somebody) -> None:
    policy(desk, Tracking.READERS)
    assert owner.post(SETUP, **FORM).status_code == 303
    assert tracking_of(desk) is Tracking.READERS


def test_what_is_no_policy_is_refused_with_a_sentence(desk: Desk, owner: Somebody) -> None:
    answer = owner.post(SETUP, **{**FORM, "tracking": "everything"})
    assert answer.status_code == 422
    assert "اختر من القائمة ما يُعدّ" in answer.text
    assert tracking_of(desk) is Tracking.OFF


def test_an_editor_cannot_have_readers_followed(desk: Desk) -> None:
    assert desk.add(Role.EDITOR).post(SETUP, **{**FORM, "tracking": "readers"}).status_code == 403
    assert tracking_of(desk) is Tracking.OFF


def test_with_less_than_before_what_is_known_of_readers_is_forgotten(desk: Desk, owner: Somebody) -> None:
    policy(desk, Tracking.READERS)
    issue(desk)
    reader = desk.visit.active("layla@example.org")
    with desk.visit.parts.db.writing() as session:
        session.execute(update(Subscriber).values(may_track=True))
        letter = session.scalars(select(func.min(Letter.id)).where(Letter.kind == LetterKind.ISSUE)).one()
        at, delivery = desk.visit.now.timestamp() + 60, desk.visit.delivery(reader)
        traces.count(session, [Seen(TraceKind.OPEN, letter, at, Onlooker.PERSON, delivery)])
    with desk.visit.parts.db.reading() as session:
        assert session.scalar(select(func.count(Trace.id))) == 1
    owner.post(SETUP, **{**FORM, "tracking": "counts"})
    with desk.visit.parts.db.reading() as session:
        assert session.scalar(select(func.count(Trace.id))) == 0
