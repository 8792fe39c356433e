"""The sample site's articles and comments, dated back from `now`."""

import html
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from notifier.domain.items import NewItem
from notifier.domain.words import ItemKind
from notifier.embedded.sample.data import Table, table
from notifier.embedded.sample.people import article_guid, comment_guid, site

_DAYS = ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد")
_MONTHS = (
    "كانون الثاني",
    "شباط",
    "آذار",
    "نيسان",
    "أيار",
    "حزيران",
    "تموز",
    "آب",
    "أيلول",
    "تشرين الأول",
    "تشرين الثاني",
    "كانون الأول",
)
_WORDS_PER_MINUTE = 180


@dataclass(frozen=True, slots=True)
class _Placed:
    """Where a row comes to stand: its moment and its page."""

    at: datetime
    url: str


def articles(now: datetime, base_url: str = "") -> tuple[NewItem, ...]:
    """Every article, the oldest first; without `base_url` (where the pictures are served) none has a picture."""
    counts = Counter(row["article"] for row in table("comments.toml")["comment"])
    rows = sorted(table("articles.toml")["article"], key=lambda row: -row["hours_ago"])
    return tuple(_article(row, now, base_url, counts[row["id"]]) for row in rows)


def late_story(now: datetime, base_url: str = "") -> NewItem:
    """A breaking story, published at `now`."""
    return _article(table("articles.toml")["late"][0], now, base_url, 0)


def comments(now: datetime) -> tuple[NewItem, ...]:
    """Every comment; a parent stands before its replies and is older than they are."""
    placed = _article_places(now)
    made: dict[int, NewItem] = {}
    for row in table("comments.toml")["comment"]:
        parent = made.get(row.get("parent", 0))
        since = (parent.published_at if parent else None) or placed[row["article"]].at
        at = since + timedelta(minutes=row["minutes"])
        made[row["id"]] = _comment(row, _Placed(at, placed[row["article"]].url))
    return tuple(made.values())


def late_comments(now: datetime) -> tuple[NewItem, ...]:
    """Three replies to one reader's comment, all made at `now`: they belong in one letter."""
    placed = _article_places(now)
    return tuple(_comment(row, _Placed(now, placed[row["article"]].url)) for row in table("comments.toml")["late"])


def _article_places(now: datetime) -> dict[int, _Placed]:
    return {row["id"]: _place(row, now) for row in table("articles.toml")["article"]}


def _place(row: Table, now: datetime) -> _Placed:
    at = now - timedelta(hours=row["hours_ago"])
    local = at.astimezone(ZoneInfo(site().time_zone))
    return _Placed(at, f"{site().url}/{local:%Y/%m}/{row['id']}")


def _article(row: Table, now: datetime, base_url: str, comment_count: int) -> NewItem:
    place = _place(row, now)
    image = row.get("image", "") if base_url else ""
    return NewItem(
        kind=ItemKind.ARTICLE,
        guid=article_guid(row["id"]),
        title=row["title"],
        html=_paragraphs(row["body"]).replace("{date}", _date(place.at)),
        summary=row["summary"],
        url=place.url,
        language=site().language,
        author_name=row["author"],
        categories=tuple(row["categories"]),
        tags=tuple(row["tags"]),
        image_url=f"{base_url.rstrip('/')}/sample/{image}.png" if image else "",
        image_alt=row["image_alt"] if image else "",
        facts={
            "sources": row["sources"],
            "views": row["views"],
            "comments": comment_count,
            "rating": row["rating"],
            "votes": row["votes"],
            "reading_minutes": max(1, round(len(row["body"].split()) / _WORDS_PER_MINUTE)),
            **_picked(row["id"], place.url),
        },
        published_at=place.at,
    )


def _picked(article_id: int, url: str) -> Table:
    for row in table("comments.toml")["comment"]:
        if row["article"] == article_id and row.get("picked"):
            said = {"author": row["author"], "text": row["body"].strip(), "url": f"{url}#comment-{row['id']}"}
            return {"picked_comment": said}
    return {}


def _comment(row: Table, place: _Placed) -> NewItem:
    return NewItem(
        kind=ItemKind.COMMENT,
        guid=comment_guid(row["id"]),
        html=_paragraphs(html.escape(row["body"], quote=False)),
        url=f"{place.url}#comment-{row['id']}",
        language=row.get("language", site().language),
        author_name=row["author"],
        author_address=row["address"],
        article_guid=article_guid(row["article"]),
        parent_guid=comment_guid(row["parent"]) if "parent" in row else "",
        published_at=place.at,
    )


def _paragraphs(body: str) -> str:
    return "\n".join(f"<p>{part.strip()}</p>" for part in body.strip().split("\n\n"))


def _date(at: datetime) -> str:
    """The day as Iraqi newspapers write it: الأربعاء 28 تموز 2021."""
    local = at.astimezone(ZoneInfo(site().time_zone))
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]} {local.year}"
