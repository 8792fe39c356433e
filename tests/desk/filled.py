"""A desk with something on every page: readers, letters that left and failed, issues, lists, keys, calls, an alarm."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import func, select, update

from notifier import api_keys, bulk_acts, census, endpoints, flow, imports, own_templates, staff, suppressions, upkeep
from notifier.bulk_acts import Wanted
from notifier.desk.audit import Actor
from notifier.digests import Place, name
from notifier.domain.calls import CallState, HookEvent
from notifier.domain.desk_words import ActKind, Role
from notifier.domain.importing.formats import Field
from notifier.domain.importing.plan import Plan
from notifier.domain.issues import Composed, When
from notifier.domain.items import NewItem
from notifier.domain.outcome import Refused
from notifier.domain.template_part import PARTS
from notifier.domain.topics import category
from notifier.domain.traces import Onlooker, TraceKind, Tracking
from notifier.domain.words import Frequency, ItemKind, LetterKind, SourceKind
from notifier.feedback import alarms, traces
from notifier.issues import compose, sending
from notifier.issues.rows import Which
from notifier.models import Call, Import, Letter, Site, Source, Subscriber
from notifier.returns import limits
from notifier.sites import SiteChange, amend_site
from notifier.trail import Seen
from tests.web.conftest import Visit

BY: Final = Actor("cli")
REFUSED: Final = "reader1@example.org"
CORRECTED: Final = {
    "ar": "يفتتح المعرض أبوابه يوم الخميس، لا الأربعاء كما ذكرنا.",
    "en": "The fair opens on Thursday, and not on Wednesday as we wrote.",
}
NAMES: Final = {
    "ar": ("ليلى حسن", "كرّار الموسوي", "هدى الجبوري", "Sam Hill", "زينب عبد الله"),
    "en": ("Layla Hasan", "Sam Hill", "كرّار الموسوي", "Ruth Adler", "Omar Aziz"),
}
STORIES: Final = {
    "ar": ("بغداد تستضيف معرض الكتاب العربي", "منسوب دجلة يرتفع بعد أمطار الشمال", "منتخب الشباب يبلغ النهائي"),
    "en": (
        "The book fair opens its doors",
        "The Tigris rises after rain in the north",
        "The youth team is in the final",
    ),
}
WORDS: Final = {
    "ar": ("رسالة الأحد من المحرّر", "مرحبًا بكم. **ثلاث قصص** تستحق القراءة هذا الأسبوع.", "ما فاتكم هذا الأسبوع"),
    "en": ("The Sunday letter", "Welcome. **Three stories** worth your time this week.", "What you may have missed"),
}
LIST: Final = {
    "ar": "الاسم,البريد الإلكتروني\nليلى,layla@example.org\nسامي,nobody\nهدى,huda@example.net\n",
    "en": "Name,E-mail\nLayla,layla@example.org\nSam,nobody\nRuth,ruth@example.net\n",
}
SHUT: Final = "@bought-list.example"
SHUT_FOR: Final = {"ar": "قائمة مشتراة", "en": "A list that was bought"}
BASIS: Final = {"ar": "نموذج معرض الكتاب", "en": "The form at the book fair"}


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands in the addresses of such a desk."""

    send: str
    """The slug of an alert of which one letter failed."""
    slot: str
    """The next daily digest, as `daily/20260702T0500Z`."""
    welcome: str
    """The token of an invitation that nobody took up."""
    failed: int
    """The reader whose letter failed."""
    article: int
    """The newest."""
    who: str
    """Whose suppression is looked at: a domain's."""
    corrected: int = 1
    """One that was put right after it was sent."""
    draft: int = 2
    mapping: int = 1
    checked: int = 2


def fill(visit: Visit, language: str) -> Filled:
    """Something for every page of the site `naba`; its clock stands still."""
    readers(visit, language)
    corrected, last = news(visit, language)
    issues(visit, language, last)
    lists(visit, language)
    settings(visit, language)
    parts = visit.parts
    opens(visit)
    with parts.db.writing() as session:
        alarms.refused(session, "smtp", ["5.7.1"] * 60, limits(parts), visit.now)
    census.count(parts, visit.now)
    slot = Place(visit.site_id, Frequency.DAILY, (visit.now + timedelta(days=1)).replace(hour=5, minute=0))
    welcome = staff.invite(parts, "sara@naba.example", Role.EDITOR, language, BY, visit.now)
    with parts.db.reading() as session:
        refused = session.scalars(select(Subscriber.id).where(Subscriber.address == REFUSED)).one()
    suppressions.add(parts, visit.site_id, SHUT, SHUT_FOR[language], BY, visit.now)
    return Filled(f"alert-{last}", name(slot), welcome, refused, last, SHUT, corrected)


def readers(visit: Visit, language: str) -> None:
    """Five of them, one on a pause, two with a tag, and one who has not confirmed."""
    for number, named in enumerate(NAMES[language]):
        frequency = Frequency.INSTANT if number in {1, 3, 4} else Frequency.DAILY
        reader = visit.active(f"reader{number}@example.org", frequency=frequency)
        given: dict[str, Any] = {"name": named, "paused_until": visit.now + timedelta(days=9) if number == 3 else None}
        with visit.parts.db.writing() as session:
            session.execute(update(Subscriber).where(Subscriber.id == reader).values(**given))
    visit.sign_up("waiting@example.org")
    tagged = {"ar": "معرض الكتاب", "en": "book fair"}[language]
    with visit.parts.db.writing() as session:
        made, _ = bulk_acts.about(session, visit.site_id, ActKind.TAG, tagged, visit.now)
    wanted = Wanted(ActKind.TAG, made, tagged, (1, 2))
    bulk_acts.begin(visit.parts, visit.site_id, wanted, BY, visit.now)


def news(visit: Visit, language: str) -> tuple[int, int]:
    """Alerts that left, but for one reader; gives the first article, which was put right since, and the last."""
    visit.transport.outcomes[REFUSED] = Refused("550 5.1.1 user unknown", forever=True)
    some = [
        NewItem(ItemKind.ARTICLE, f"late{n}", title=title, categories=("سياسة",), published_at=visit.now)
        for n, title in enumerate(STORIES[language])
    ]
    first, *_, last = flow.ingest_items(visit.parts, visit.site_id, some, visit.now)
    upkeep.drain(visit.parts, lambda: visit.now)
    flow.ingest_items(visit.parts, visit.site_id, [replace(some[0], summary=CORRECTED[language])], visit.now)
    return first.item_id or 0, last.item_id or 0


def issues(visit: Visit, language: str, item: int) -> None:
    """One that goes out at the readers' own eight o'clock, and a draft."""
    title, intro, other = WORDS[language]
    for number, named in enumerate((title, other)):
        words = Composed(named, language, intro=intro)
        issue = Which(visit.site_id, compose.begin(visit.parts, visit.site_id, words, BY, visit.now), BY, visit.now)
        compose.add_items(visit.parts, issue, [item - 1, item])
        if not number:
            wall = (visit.now + timedelta(days=1)).replace(hour=8, minute=0, tzinfo=None)
            sending.schedule(visit.parts, issue, When(wall=wall))


def lists(visit: Visit, language: str) -> None:
    """A list whose columns wait for an editor, and one that was tried, with a row that stays out."""
    for named in ("readers.csv", "fair.csv"):
        upload = imports.Upload(named, iter([LIST[language].encode()]), 1_000_000)
        number = imports.keep(visit.parts, visit.site_id, upload, BY, visit.now)
        imports.look(visit.parts, number)
    plan = Plan({Field.NAME: 0, Field.EMAIL: 1}, BASIS[language], topics=(category("سياسة"),))
    with visit.parts.db.writing() as session:
        imports.plan(session, session.get_one(Import, number), plan)
    imports.check(visit.parts, number, BY, visit.now)
    upkeep.drain(visit.parts, lambda: visit.now)


def settings(visit: Visit, language: str) -> None:
    """A source that fails, a key, a footer of the site's own, and an endpoint with a call of each kind."""
    parts, site_id, now = visit.parts, visit.site_id, visit.now
    api_keys.make(parts, site_id, "wordpress", ["items:write"], BY, now)
    footer = next(one for one in PARTS if one.name == "footer")
    note = {"ar": "كما يأتي مع البرنامج", "en": "As it comes with the program"}[language]
    own_templates.save(parts, site_id, own_templates.Draft(footer, own_templates.ours(footer), note), BY, now)
    office = endpoints.Office(parts, site_id, BY, now)
    listens = endpoints.NewEndpoint("https://crm.naba.example/hooks", (HookEvent.CONFIRMED.value, HookEvent.ISSUE_SENT))
    endpoint, _ = office.add(listens)
    ended = {"tried_at": now, "finished_at": now}
    calls: tuple[dict[str, Any], ...] = (
        {"event": HookEvent.CONFIRMED, "state": CallState.DELIVERED, "attempts": 1, "status": 204, **ended},
        {"event": HookEvent.ISSUE_SENT, "state": CallState.GIVEN_UP, "attempts": 9, "fault": "timeout", **ended},
        {"event": HookEvent.CONFIRMED, "attempts": 2, "status": 503, "answer": "<h1>Service Unavailable</h1>"},
    )
    with parts.db.writing() as session:
        later = now + timedelta(minutes=20)
        session.add_all(Call(endpoint_id=endpoint, next_attempt_at=later, created_at=now, **call) for call in calls)
        session.add(Source(
            site_id=site_id, kind=SourceKind.FEED, url="https://naba.example/feed/", next_poll_at=later,
            last_error="503 Service Unavailable", last_ok_at=now - timedelta(hours=5), created_at=now,
        ))  # fmt: skip


def opens(visit: Visit) -> None:
    """A month of opens and clicks, fewer the longer ago."""
    with visit.parts.db.writing() as session:
        site = session.get_one(Site, visit.site_id)
        amend_site(session, site, SiteChange(tracking=Tracking.COUNTS), BY, visit.now)
        letter = session.scalars(select(func.min(Letter.id)).where(Letter.kind == LetterKind.ALERT)).one()
        some = [
            Seen(TraceKind.OPEN, letter, visit.now.timestamp() - 86_400 * back - one, who)
            for back in range(28)
            for who, share in ((Onlooker.PERSON, 5), (Onlooker.APPLE, 3), (Onlooker.MACHINE, 1))
            for one in range(share * (30 - back + back * 7 % 5))
        ]
        clicks = [replace(one, kind=TraceKind.CLICK, link="https://naba.example/164") for one in some[::9]]
        traces.count(session, [*some, *clicks])
