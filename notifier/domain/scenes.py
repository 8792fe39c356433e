"""What each kind of letter says: from a LetterContent to the plain values its templates name."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from notifier.domain.letter import LetterContent
from notifier.domain.text.bidi import Phrase
from notifier.domain.text.clean import clean, clip
from notifier.domain.views import (
    NAME_MAX,
    Scene,
    Story,
    by_article,
    by_category,
    by_parent,
    byline,
    logo,
    of_kind,
    remark,
    story,
)
from notifier.domain.weburl import web_url
from notifier.domain.words import Frequency, ItemKind, LetterKind

SUBJECT_TITLE_MAX: Final = 140
PREHEADER_LEAST: Final = 40
PREHEADER_MOST: Final = 110
TOPICS_MAX: Final = 30
_NEXT_AFTER: Final = {Frequency.DAILY: timedelta(days=1), Frequency.WEEKLY: timedelta(days=7)}
Values = dict[str, Any]


class NothingToSay(ValueError):  # noqa: N818 - it says what is wrong, as AddressInvalid does
    """A letter about items that holds none of them."""


def values_of(content: LetterContent, scene: Scene) -> Values:
    """All that the templates of this letter may name, beside the look."""
    site = content.site
    name = scene.phrase(site.name, site.language, NAME_MAX)
    face = {
        "name": name,
        "url": web_url(site.url),
        "logo": logo(site, name, scene),
        "imprint": scene.voice.say("common.comma").join(filter(None, (name, clean(site.postal_address)))),
    }
    values = _BY_KIND[content.kind](content, scene, name)
    values["preheader"] = _preheader(values["preheader"], str(values["why"]))
    return {**values, "site": face, "more": content.more}


def _confirm(content: LetterContent, scene: Scene, name: Phrase) -> Values:
    say = scene.voice.say
    expires_at = content.expires_at
    return {
        "topics": tuple(scene.phrase(topic) for topic in content.topics[:TOPICS_MAX]),
        "frequency": content.frequency,
        "expires": scene.dates.moment(expires_at, content.at) if expires_at else "",
        "why": say("letters.confirm.why", site=name),
        "next": say("letters.confirm.next"),
        "preheader": say("letters.confirm.preheader", site=name),
    }


def _alert(content: LetterContent, scene: Scene, name: Phrase) -> Values:
    articles = of_kind(content.items, ItemKind.ARTICLE)
    if not articles:
        raise NothingToSay
    shown = story(articles[0], scene)
    return {
        "story": shown,
        "byline": byline(articles[0], scene),
        "subject_title": clip(shown.title, SUBJECT_TITLE_MAX),
        "why": scene.voice.say("letters.alert.why", site=name),
        "next": scene.voice.say("letters.alert.next"),
        "preheader": shown.summary or shown.title,
    }


def _digest(content: LetterContent, scene: Scene, name: Phrase) -> Values:
    articles, comments = (of_kind(content.items, kind) for kind in ItemKind)
    if not articles and not comments:
        raise NothingToSay
    say, often = scene.voice.say, content.frequency or Frequency.DAILY
    lead = story(articles[0], scene) if articles else None
    # The lead's own section goes on right under it.
    groups = by_category(articles[1:], scene, first=lead.category if lead else "")
    talks = by_article(comments, scene)
    return {
        "lead": lead,
        "groups": groups,
        "talks": talks,
        "date": scene.dates.long(content.at),
        "digest_title": say(f"letters.digest.title.{often}"),
        "digest_subject": _digest_subject(lead, say, say(f"letters.digest.title.{often}")),
        "why": say(f"letters.digest.why.{often}", site=name),
        "next": _next_digest(content, scene, often),
        "preheader": _digest_preheader(lead, [entry for group in groups for entry in group.entries], say, comments),
    }


def _reply(content: LetterContent, scene: Scene, name: Phrase) -> Values:
    comments = of_kind(content.items, ItemKind.COMMENT)
    if not comments:
        raise NothingToSay
    article = next((item.article for item in comments if item.article), None)
    first = remark(min(comments, key=lambda item: (item.published_at, item.id)), scene)
    return {
        "threads": by_parent(comments, scene),
        "count": len(comments) + content.more,
        "article": scene.phrase(article.title, article.language) if article else scene.phrase(""),
        "article_url": web_url(article.url) if article else "",
        "subject_title": clip(article.title, SUBJECT_TITLE_MAX) if article else name,
        "why": scene.voice.say("letters.reply.why", site=name),
        "next": scene.voice.say("letters.reply.next"),
        "preheader": f"{first.author}: {' '.join(first.text)}",
    }


_BY_KIND: Final[dict[LetterKind, Callable[[LetterContent, Scene, Phrase], Values]]] = {
    LetterKind.CONFIRM: _confirm,
    LetterKind.ALERT: _alert,
    LetterKind.DIGEST: _digest,
    LetterKind.REPLY: _reply,
}


def _digest_subject(lead: Story | None, say: Callable[..., str], name: str) -> str:
    if lead is None:
        return say("letters.digest.subject_comments", name=name)
    return say("letters.digest.subject", name=name, title=clip(lead.title, SUBJECT_TITLE_MAX))


def _next_digest(content: LetterContent, scene: Scene, often: Frequency) -> str:
    after = _NEXT_AFTER.get(often)
    if after is None:
        return scene.voice.say(f"letters.digest.next.{often}")
    return scene.voice.say(f"letters.digest.next.{often}", day=scene.dates.day(content.at + after))


def _digest_preheader(lead: Story | None, rest: list[Any], say: Callable[..., str], comments: tuple[Any, ...]) -> str:
    if rest:
        return f"{say('letters.digest.stories', count=len(rest) + 1)}{say('common.colon')}{rest[0].title}"
    if comments:
        return say("letters.digest.talks", count=len(comments))
    return str(lead.summary or lead.title) if lead else ""


def _preheader(text: str, filler: str) -> str:
    """Between 40 and 110 characters: shorter, and the client fills up with the first links it finds."""
    if len(text) < PREHEADER_LEAST:
        text = f"{text} · {filler}"
    return clip(text, PREHEADER_MOST)
