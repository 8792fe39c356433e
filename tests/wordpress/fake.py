"""A site that speaks as much of WordPress's REST API as the source asks for, from lists that a test changes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import select, update

from notifier import polling
from notifier.domain.words import ItemKind, SourceKind
from notifier.models import Item, Source
from notifier.sites import add_source
from notifier.sources.fetch import Fetcher
from notifier.sources.poll import Polled
from tests.sources.sites import Answer, Site, page, site
from tests.world import World

JSON = ("Content-Type", "application/json; charset=UTF-8")
KINDS = {"posts": "post", "comments": "comment"}


def stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}"


@dataclass
class Fake:
    """A WordPress of lists, with a notifier that follows it."""

    world: World
    web: Site
    source_id: int = 0
    posts: dict[int, dict[str, Any]] = field(default_factory=dict)
    comments: dict[int, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    """By route: what stands in its way."""

    def post(self, number: int, ago_h: float = 0, **values: Any) -> None:
        at = self.world.now - timedelta(hours=ago_h)
        first = {
            "id": number,
            "date_gmt": stamp(at),
            "modified_gmt": stamp(at),
            "guid": {"rendered": f"https://r.example/?p={number}"},
            "link": f"https://r.example/{number}",
            "title": {"rendered": f"خبر {number}"},
            "content": {"rendered": f"<p>نص {number}</p>"},
            "status": "publish",
        }
        self.posts[number] = {**first, **values}

    def comment(self, number: int, post: int, parent: int = 0, ago_h: float = 0, **values: Any) -> None:
        first = {
            "id": number,
            "post": post,
            "parent": parent,
            "author_name": "ليلى",
            "date_gmt": stamp(self.world.now - timedelta(hours=ago_h)),
            "content": {"rendered": f"<p>تعليق {number}</p>"},
            "link": f"https://r.example/{post}#comment-{number}",
            "status": "approved",
        }
        self.comments[number] = {**first, **values}

    def poll(self, after_s: float = 3600) -> Polled:
        """Look again after a while, due or not."""
        self.world.later(seconds=after_s)
        with self.world.parts.db.writing() as session:
            session.execute(update(Source).values(next_poll_at=self.world.now))
        polled = polling.poll_source(self.world.parts, self.source_id, self.world.now)
        assert polled is not None
        return polled

    @property
    def source(self) -> Source:
        with self.world.parts.db.reading() as session:
            return session.get_one(Source, self.source_id)

    def items(self, kind: ItemKind = ItemKind.ARTICLE) -> dict[str, Item]:
        with self.world.parts.db.reading() as session:
            return {one.guid: one for one in session.scalars(select(Item).where(Item.kind == kind))}

    def talk(self) -> dict[int, Item]:
        """The comments by their numbers."""
        return {int(guid.rpartition("-")[2]): one for guid, one in self.items(ItemKind.COMMENT).items()}

    def asked(self) -> list[str]:
        """What was asked for since the last time."""
        paths = [path for path, _ in self.web.seen]
        self.web.seen.clear()
        return paths

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """What the API answers."""
        parts = urlsplit(handler.path)
        route = parts.path.removeprefix("/wp-json/wp/v2/")
        if route in self.answers:
            self.answers[route](handler)
            return
        kind, _, one = route.partition("/")
        rows = self.posts if kind == "posts" else self.comments
        ask = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if one:
            row = rows.get(int(one))
            told, status = (row, 200) if row else ({"code": f"rest_{KINDS[kind]}_invalid_id"}, 404)
            page(json.dumps(told).encode(), JSON, status=status)(handler)
        else:
            page(json.dumps(chosen(list(rows.values()), ask)).encode(), JSON)(handler)


def chosen(rows: list[dict[str, Any]], ask: dict[str, str]) -> list[dict[str, Any]]:
    """The rows that a question picks, in its order."""
    rows = [row for row in rows if row["status"] in ("publish", "approved")]
    if "include" in ask:
        rows = [row for row in rows if str(row["id"]) in ask["include"].split(",")]
    if "modified_after" in ask:
        rows = [row for row in rows if row["modified_gmt"] > ask["modified_after"].rstrip("Z")]
    if "after" in ask:
        rows = [row for row in rows if row["date_gmt"] > ask["after"].rstrip("Z")]
    key = "modified_gmt" if ask.get("orderby") == "modified" else "date_gmt"
    rows = sorted(rows, key=lambda row: (row[key], row["id"]), reverse=ask.get("order", "desc") == "desc")
    first = int(ask.get("offset", 0))
    return rows[first : first + int(ask["per_page"])]


@contextmanager
def following(world: World, bytes_max: int = 5_000_000) -> Iterator[Fake]:
    """A fake WordPress, and a source that follows it."""
    world.now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    with site() as web:
        fake = Fake(world, web)
        fetch = Fetcher(1, bytes_max, (f"127.0.0.1:{web.port}",))
        world.parts = replace(world.parts, fetch=fetch)
        web.pages = _Pages(web.pages, fake.answer)
        with world.parts.db.writing() as session:
            source = add_source(session, world.site, SourceKind.WORDPRESS, web.url("/wp-json/"), world.now)
        fake.source_id = source.id
        yield fake


class _Pages(dict[str, Answer]):
    """Every path of the API has the same answer."""

    def __init__(self, pages: dict[str, Answer], answer: Answer) -> None:
        super().__init__(pages)
        self._answer = answer

    def __missing__(self, path: str) -> Answer:
        if path.startswith("/wp-json/wp/v2/"):
            return self._answer
        return page(b"", status=404)
