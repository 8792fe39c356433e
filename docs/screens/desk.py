"""Takes the pictures of every page of the editors' desk: `python -m docs.screens.desk [--all FOLDER]`.

Needs the `browser` extra. Without `--all` they are kept beside this file, small: 32 colours, the top of long pages.
"""

import io
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from sqlalchemy import func, select, update

from docs.screens.pages import STORIES, _visit
from notifier import census, flow, staff, upkeep
from notifier.desk.audit import Actor
from notifier.desk.sittings import Browser as Sitting
from notifier.domain.desk_words import Role
from notifier.domain.issues import Composed, When
from notifier.domain.items import NewItem
from notifier.domain.outcome import Refused
from notifier.domain.traces import Onlooker, TraceKind, Tracking
from notifier.domain.words import Frequency, ItemKind, LetterKind, SourceKind
from notifier.feedback import alarms, traces
from notifier.issues import compose, sending
from notifier.issues.rows import Which
from notifier.models import Letter, Site, Source, Subscriber
from notifier.returns import limits
from notifier.sites import SiteChange, amend_site
from notifier.trail import Seen
from tests.web.conftest import Visit
from tests.web.reader_pages import served

HERE: Final = Path(__file__).parent / "desk"
LOOKS: Final = {"phone-light": (390, 844, "light"), "desktop-dark": (1200, 900, "dark")}
COLOURS, HEIGHT_MAX = 32, 1500
ROOT: Final = "/desk/at/naba"
PAGES: Final = {
    "overview": "", "issues": "/issues", "issue": "/issues/1", "issue-edit": "/issues/2/edit",
    "issue-preview": "/issues/2/preview", "issue-send": "/issues/2/send", "calendar": "/calendar", "slot": "SLOT",
    "deliveries": "/deliveries", "send": "/deliveries/SEND", "charts": "/charts", "subscribers": "/subscribers",
    "subscriber": "/subscribers/1", "add": "/subscribers/add", "imports": "/imports", "acts": "/acts",
    "suppressions": "/suppressions",
    "identity": "/setup", "sources": "/setup/sources", "templates": "/setup/templates",
    "template": "/setup/templates/footer", "accounts": "/setup/accounts", "keys": "/setup/keys",
    "webhooks": "/setup/webhooks",
}  # fmt: skip
OF_ALL: Final = {"people": "/desk/people", "doctor": "/desk/doctor", "log": "/desk/log", "me": "/desk/me"}
NAMES: Final = {
    "ar": ("ليلى حسن", "كرّار الموسوي", "هدى الجبوري", "Sam Hill", "زينب عبد الله"),
    "en": ("Layla Hasan", "Sam Hill", "كرّار الموسوي", "Ruth Adler", "Omar Aziz"),
}
WORDS: Final = {
    "ar": ("رسالة الأحد من المحرّر", "مرحبًا بكم. **ثلاث قصص** تستحق القراءة هذا الأسبوع.", "ما فاتكم هذا الأسبوع"),
    "en": ("The Sunday letter", "Welcome. **Three stories** worth your time this week.", "What you may have missed"),
}


def main() -> None:
    """Start the application in each language, photograph each page."""
    folder = Path(sys.argv[sys.argv.index("--all") + 1]) if "--all" in sys.argv else HERE
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        for language in STORIES:
            with tempfile.TemporaryDirectory() as place:
                visit = _visit(Path(place), language)
                send = fill(visit, language)
                # A browser keeps `__Host-` cookies over TLS only; this one speaks plainly, on this machine.
                plain = visit.parts.settings.model_copy(update={"base_url": "http://127.0.0.1"})
                visit.parts = replace(visit.parts, settings=plain)
                with served(visit) as base:
                    photograph(browser, base, enter(visit, language), folder, (language, send))
        browser.close()


def photograph(browser: Browser, base: str, cookie: str, folder: Path, about: tuple[str, str]) -> None:
    """Every page in each look; says what sticks out of the window."""
    language, send = about
    for look, (width, height, scheme) in LOOKS.items():
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, locale=language)  # type: ignore[arg-type]  # light or dark
        context.add_cookies([{"name": "desk", "value": cookie, "url": base}])
        for name, path in ways(context, base, send):
            page = context.pages[0] if context.pages else context.new_page()
            answer = page.goto(f"{base}{path}")
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if wide or not answer or not answer.ok:
                print(f"{name}-{language}-{look}: {answer and answer.status}, {wide} px too wide")
            keep(page.screenshot(full_page=True), folder / f"{name}-{language}-{look}.png")
        context.clear_cookies()
        context.new_page().goto(f"{base}/desk/login?lang={language}")
        keep(context.pages[-1].screenshot(), folder / f"login-{language}-{look}.png")
        context.close()


def ways(context: BrowserContext, base: str, send: str) -> Iterator[tuple[str, str]]:
    """(name, path), with the ids that this site has."""
    calendar = context.request.get(f"{base}{ROOT}/calendar").text()
    slot = re.search(rf'href="{ROOT}(/calendar/[^"]+)"', calendar)
    for name, path in PAGES.items():
        yield name, ROOT + path.replace("SLOT", slot[1] if slot else "/calendar").replace("SEND", send)
    yield from OF_ALL.items()


def keep(png: bytes, path: Path) -> None:
    """Small: few colours, and of a long page its top."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture.crop((0, 0, picture.width, min(picture.height, HEIGHT_MAX))).quantize(COLOURS).save(path, optimize=True)


def enter(visit: Visit, language: str) -> str:
    """An owner's cookie."""
    by = Actor("cli")
    token = staff.invite(visit.parts, "owner@naba.example", Role.OWNER, language, by, visit.now)
    return (
        staff.accept(visit.parts, token, NAMES[language][0], "ركض الغزال بين النخيل", Sitting("", ""), visit.now) or ""
    )


def fill(visit: Visit, language: str) -> str:
    """Readers, letters that left or failed, an issue that is scheduled and a draft, an alarm; gives an alert's slug."""
    parts = visit.parts
    for number, name in enumerate(NAMES[language]):
        reader = visit.active(f"reader{number}@example.org", frequency=Frequency.INSTANT if number % 2 else "daily")
        given: dict[str, Any] = {"name": name, "paused_until": visit.now + timedelta(days=9) if number == 3 else None}  # noqa: PLR2004 - one of them
        with parts.db.writing() as session:
            session.execute(update(Subscriber).where(Subscriber.id == reader).values(**given))
    visit.sign_up("waiting@example.org")
    visit.transport.outcomes["reader1@example.org"] = Refused("550 5.1.1 user unknown", forever=True)
    news = [
        NewItem(ItemKind.ARTICLE, f"late{n}", title=title, categories=("سياسة",), published_at=visit.now)
        for n, title in enumerate(STORIES[language])
    ]
    *_, last = flow.ingest_items(parts, visit.site_id, news, visit.now)
    upkeep.drain(parts, lambda: visit.now)
    compose_two(visit, language, last.item_id or 0)
    with parts.db.writing() as session:
        alarms.refused(session, "smtp", ["5.7.1"] * 60, limits(parts), visit.now)
        session.add(Source(
            site_id=visit.site_id, kind=SourceKind.FEED, url="https://naba.example/feed/", next_poll_at=visit.now,
            last_error="503 Service Unavailable", last_ok_at=visit.now - timedelta(hours=5), created_at=visit.now,
        ))  # fmt: skip
    follow(visit)
    census.count(parts, visit.now)
    return f"alert-{last.item_id}"


def follow(visit: Visit) -> None:
    """A month of opens and clicks, fewer the longer ago."""
    with visit.parts.db.writing() as session:
        site = session.get_one(Site, visit.site_id)
        amend_site(session, site, SiteChange(tracking=Tracking.COUNTS), Actor("cli"), visit.now)
        letter = session.scalars(select(func.min(Letter.id)).where(Letter.kind == LetterKind.ALERT)).one()
        some = [
            Seen(TraceKind.OPEN, letter, visit.now.timestamp() - 86_400 * back - one, who)
            for back in range(28)
            for who, share in ((Onlooker.PERSON, 5), (Onlooker.APPLE, 3), (Onlooker.MACHINE, 1))
            for one in range(share * (30 - back + back * 7 % 5))
        ]
        clicks = [replace(one, kind=TraceKind.CLICK, link="https://naba.example/164") for one in some[::9]]
        traces.count(session, [*some, *clicks])


def compose_two(visit: Visit, language: str, item: int) -> None:
    """One that goes out at the readers' own eight o'clock, and a draft."""
    title, intro, other = WORDS[language]
    by = Actor("cli")
    for number, named in enumerate((title, other)):
        words = Composed(named, language, intro=intro)
        issue = Which(visit.site_id, compose.begin(visit.parts, visit.site_id, words, by, visit.now), by, visit.now)
        compose.add_items(visit.parts, issue, [item - 1, item])
        if not number:
            wall = (visit.now + timedelta(days=1)).replace(hour=8, minute=0, tzinfo=None)
            sending.schedule(visit.parts, issue, When(wall=wall))


if __name__ == "__main__":
    main()
