"""What is looked at before an issue is sent, on real servers: links, pictures, size, contrast, subject, spam."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from notifier.desk.audit import Actor
from notifier.domain.issues import Composed
from notifier.domain.items import NewItem
from notifier.domain.words import ItemKind
from notifier.flow import ingest_items
from notifier.issues import checks, compose, letters, reading
from notifier.issues.checks import Finding, Level
from notifier.issues.letters import Look, Made
from notifier.issues.rows import Which
from notifier.sources.fetch import Fetcher
from tests.sources.sites import Site, page, site
from tests.web.conftest import Visit, database_url, knobs, postgresql_naba, sqlite_naba, visit

__all__ = ["database_url", "knobs", "postgresql_naba", "sqlite_naba", "visit"]
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
BY = Actor("cli")
ASSASSIN = shutil.which("spamassassin")


@pytest.fixture
def paper() -> Iterator[Site]:
    """A site on this machine that answers for some pages and not for others."""
    with site() as running:
        running.pages["/good"] = page(b"<p>here</p>")
        running.pages["/gone"] = page(b"", status=404)
        yield running


def look(visit: Visit, **words: str) -> tuple[list[Finding], Made]:
    """The quick findings of an issue with these words and an article, and its letter."""
    subjects = (words.pop("subject"),) if "subject" in words else ()
    made = Composed(**{"title": "رسالة", "language": "ar", "intro": "مرحبًا", **words}, subjects=subjects)  # type: ignore[arg-type]  # all of them are texts
    of = Which(visit.site_id, compose.begin(visit.parts, visit.site_id, made, BY, visit.now), BY, visit.now)
    silent = NewItem(ItemKind.ARTICLE, "silent", title="بلا وصف", image_url="https://naba.example/a.jpg")
    (receipt,) = ingest_items(visit.parts, visit.site_id, [silent], visit.now)
    compose.add_items(visit.parts, of, [receipt.item_id or 0])
    with visit.parts.db.reading() as session:
        issue, items = reading.one(session, visit.site_id, of.issue_id), reading.items(session, of.issue_id)
    letter = letters.made(visit.parts, issue, Look(), visit.now)
    return checks.quick(issue, items, letter), letter


def keys(found: list[Finding], level: Level) -> set[str]:
    return {one.key for one in found if one.level is level}


def test_a_dead_link_is_named_and_a_good_one_counted(visit: Visit, paper: Site) -> None:
    allowed = Fetcher(5, 100_000, (f"127.0.0.1:{paper.port}",))
    parts = replace(visit.parts, fetch=allowed)
    _, letter = look(visit)
    html = f'<a href="{paper.url("/good")}">a</a><a href="{paper.url("/gone")}">b</a><a href="mailto:x@y.example">c</a>'
    found = checks.thorough(parts, replace(letter, html=html, data=b""))
    (dead,) = [one for one in found if one.key == "link_dead"]
    assert (dead.level, dead.detail) == (Level.BAD, paper.url("/gone"))
    assert [one.values for one in found if one.key == "links"] == [{"count": 1}]


def test_a_link_into_our_own_network_is_not_asked_but_told(visit: Visit, paper: Site) -> None:
    _, letter = look(visit)
    found = checks.thorough(visit.parts, replace(letter, html=f'<a href="{paper.url("/good")}">a</a>'))
    assert "link_dead" in keys(found, Level.BAD)
    assert paper.seen == []


def test_pictures_without_words_are_told(visit: Visit) -> None:
    found, _ = look(visit, cover_url="https://naba.example/c.jpg")
    assert keys(found, Level.WARN) >= {"cover_alt", "items_alt"}
    found, _ = look(visit, cover_url="https://naba.example/c.jpg", cover_alt="نهر")
    assert "alt" in keys(found, Level.GOOD)


@pytest.mark.parametrize(("length", "key", "level"), [(70, "subject", Level.GOOD), (71, "subject_long", Level.WARN)])
def test_a_subject_is_long_past_seventy_characters(visit: Visit, length: int, key: str, level: Level) -> None:
    found, _ = look(visit, subject="س" * length)
    assert [(one.level, one.values) for one in found if one.key == key] == [(level, {"count": length})]


@pytest.mark.parametrize(
    ("size", "key", "level"),
    [(1000, "size", Level.GOOD), (95_000, "size_large", Level.WARN), (104_448, "size_large", Level.BAD)],
)
def test_the_size_is_gmail_s(visit: Visit, size: int, key: str, level: Level) -> None:
    _, letter = look(visit)
    found = checks._size(replace(letter, html="x" * size))  # noqa: SLF001 - a letter of a size
    assert (found.key, found.level) == (key, level)


def test_text_too_much_like_its_ground_is_bad(visit: Visit) -> None:
    found, letter = look(visit)
    assert "contrast" in keys(found, Level.GOOD)
    faint = letter.html.replace("color:#1d1b18", "color:#eeeeee")
    assert faint != letter.html
    told = list(checks._contrast(replace(letter, html=faint)))  # noqa: SLF001 - a letter that ours never is
    assert "contrast_low" in keys(told, Level.BAD)


def test_without_spamassassin_it_says_so(visit: Visit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _, letter = look(visit)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = checks.thorough(visit.parts, replace(letter, html=""))
    assert [(one.level, one.key) for one in found if one.key.startswith("spam")] == [(Level.WARN, "spam_unknown")]


@pytest.mark.slow
@pytest.mark.skipif(ASSASSIN is None, reason="needs SpamAssassin")
def test_spamassassin_s_own_sample_is_spam_and_our_letter_is_not(visit: Visit) -> None:
    _, letter = look(visit)
    ours = checks._spam(letter.data)  # noqa: SLF001 - the links need no asking here
    assert (ours.key, ours.level) == ("spam", Level.GOOD), ours
    gtube = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
    bad = checks._spam(letter.data.split(b"\r\n\r\n")[0] + b"\r\n\r\n" + gtube + b"\r\n")  # noqa: SLF001 - the same
    assert (bad.key, bad.level) == ("spam", Level.BAD), bad
