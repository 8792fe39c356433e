"""One reader and a letter of each kind, by the real flow: what tests about every page and link walk through."""

import re
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from notifier import corrections, flow, own_data, readers, upkeep
from notifier.domain.items import NewItem
from notifier.domain.words import ItemKind
from notifier.models import Site
from tests.web.conftest import Visit, article

HERS = "layla.unique@example.org"
NAME = "ليلى بنت سعد"
BASE = "https://naba.example"


def story(visit: Visit, author: str = "سلمى") -> int:
    """Sign up, confirm, be alerted, corrected, answered, told daily, sign in, leave: gives the reader's id."""
    with visit.parts.db.writing() as session:
        site = session.get_one(Site, visit.site_id)
        site.sends_welcome = site.sends_goodbye = True
    visit.client.post("/naba/subscribe", data=visit.form(address=HERS, frequency="instant"))
    visit.client.post("/naba/subscribe", data=visit.form(address=HERS, topic="thread:a1", frequency="instant"))
    visit.client.post("/naba/subscribe", data=visit.form(address=HERS, topic="category:رياضة", frequency="daily"))
    visit.work()
    visit.client.post(link(visit, "/confirm/"))
    visit.work()
    reader = int(link(visit, "/p/").split("/p/")[1].split(".")[0])
    news = [article("n1", title="خبر فيه خطأ"), article("n2", title="في الملعب", categories=("رياضة",))]
    said = NewItem(ItemKind.COMMENT, "c1", html="<p>تعليق</p>", article_guid="a1", author_name=author)
    flow.ingest_items(visit.parts, visit.site_id, [*news, said], visit.now)
    visit.work()
    flow.ingest_items(visit.parts, visit.site_id, [article("n1", title="خبر صحيح", version=9)], visit.now)
    corrections.correct(visit.parts, visit.site_id, corrections.Erratum("n1", "ورد في الخبر خطأ."), visit.now)
    visit.now += timedelta(hours=4)
    flow.bundle_notices(visit.parts, visit.now)
    visit.work()
    visit.now = visit.now.replace(hour=5) + timedelta(days=1, seconds=5)
    flow.open_runs(visit.parts, visit.now)
    visit.work()
    upkeep.sweep(visit.parts, visit.now)
    visit.client.post("/naba/sign-in", data={"address": HERS})
    visit.work()
    return reader


def leave(visit: Visit) -> None:
    """End everything on the page, and get a goodbye."""
    visit.client.post(link(visit, "/u/"), data={"scope": "all"})
    visit.work()


def back(visit: Visit) -> None:
    """And undo it."""
    token = link(visit, "/undo/").rpartition("/")[2]
    readers.come_back(visit.parts, token, "", visit.now)


def move(visit: Visit, reader: int) -> None:
    """Want another address, which does not answer."""
    asking = visit.visitor(reader)
    own_data.ask_to_move(visit.parts, asking, "elsewhere@example.org", "", visit.now)
    visit.work()


def link(visit: Visit, part: str) -> str:
    """The path of the newest letter's link with this part."""
    for index in range(len(visit.transport.sent) - 1, -1, -1):
        found = re.search(rf"{BASE}({part}[^\s>]*)", visit.mail_text(index))
        if found:
            return found[1]
    raise AssertionError(part)


def letter_links(visit: Visit) -> set[str]:
    """Every address of ours in every letter that left: in its head, its text and its HTML."""
    found = set[str]()
    for message in visit.transport.sent:
        letter = message_from_bytes(message.data, policy=policy.default)
        texts = [str(value) for value in letter.values()]
        texts += [str(part.get_content()) for part in letter.walk() if part.get_content_maintype() == "text"]
        for text in texts:
            found |= set(re.findall(rf"{BASE}(/[^\s\"'<>)]+)", unescape(text)))
    return found


class Links(HTMLParser):
    """Every address that a page names for looking at."""

    def __init__(self, at: str) -> None:
        super().__init__()
        self.at = at
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        for name, value in attrs:
            if name in {"href", "src", "action", "formaction"} and value:
                parts = urlsplit(urljoin(f"{BASE}{self.at}", value))
                if f"{parts.scheme}://{parts.netloc}" == BASE:
                    self.found.add(parts.path + (f"?{parts.query}" if parts.query else ""))


def crawl(visit: Visit, begin: set[str], most: int = 2000) -> Iterator[tuple[str, int, str]]:
    """GET and HEAD every page that can be reached from these: (path, status, text)."""
    seen, open_ = set(begin), sorted(begin)
    while open_:
        path = open_.pop()
        answer = visit.client.get(path, follow_redirects=False)
        visit.client.head(path, follow_redirects=False)
        is_text = answer.headers.get("content-type", "").startswith(("text/html", "application/atom"))
        text = answer.text if is_text else ""
        yield path, answer.status_code, text
        parser = Links(path.split("?")[0])
        parser.feed(text)
        # In one language more than the page's own: six times the pages tell nothing more.
        found = (one for one in parser.found - seen if not _is_outside(one))
        new = {one for one in found if not re.search(r"lang=(?!en)", one)}
        seen |= new
        open_ += sorted(new)
        assert len(seen) < most, "no end of pages"


def _is_outside(path: str) -> bool:
    """What stands on the newspaper's own site, which has the same address in these tests."""
    return path in {"", "/"} or path.startswith("/static/")
