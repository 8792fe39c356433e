"""What the letters about news and comments say: alert, digest, reply."""

import math
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from notifier.domain.discussed import most_discussed
from notifier.domain.letter import LetterContent
from notifier.domain.scenes.saying import SUBJECT_TITLE_MAX, NothingToSay, Values
from notifier.domain.text.bidi import Phrase
from notifier.domain.text.clean import clip
from notifier.domain.views import (
    Scene,
    Story,
    by_article,
    by_category,
    by_parent,
    byline,
    headline,
    of_kind,
    remark,
    story,
)
from notifier.domain.weburl import web_url
from notifier.domain.words import Frequency, ItemKind

_NEXT_AFTER: Final = {Frequency.DAILY: timedelta(days=1), Frequency.WEEKLY: timedelta(days=7)}


def alert(content: LetterContent, scene: Scene, name: Phrase) -> Values:
    """One story, as soon as it is out."""
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


def digest(content: LetterContent, scene: Scene, name: Phrase) -> Values:
    """The lead, the rest by category, and what readers say."""
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
        "discussed": most_discussed(articles, scene),
        "date": scene.dates.long(content.at),
        "digest_title": say(f"letters.digest.title.{often}"),
        "digest_subject": _digest_subject(lead, say, say(f"letters.digest.title.{often}")),
        "why": say(f"letters.digest.why.{often}", site=name),
        "next": _next_digest(content, scene, often),
        "preheader": _digest_preheader(lead, [entry for group in groups for entry in group.entries], say, comments),
    }


def reply(content: LetterContent, scene: Scene, name: Phrase) -> Values:
    """New comments, under the ones they answer."""
    comments = of_kind(content.items, ItemKind.COMMENT)
    if not comments:
        raise NothingToSay
    article = next((item.article for item in comments if item.article), None)
    first = remark(min(comments, key=lambda item: (item.published_at, item.id)), scene)
    title = headline(article, scene) if article else scene.phrase("")
    return {
        "threads": by_parent(comments, scene),
        "count": len(comments) + content.more,
        "article": title,
        "article_url": web_url(article.url) if article else "",
        "subject_title": clip(scene.phrase(content.subject_title) or title, SUBJECT_TITLE_MAX) or name,
        "why": scene.voice.say("letters.reply.why", site=name),
        "next": _next_reply(content, scene.voice.say),
        "is_answerable": content.is_answerable,
        "preheader": f"{first.author}: {' '.join(first.text)}",
    }


def _next_reply(content: LetterContent, say: Callable[..., str]) -> str:
    """How long it is quiet from here on: a length of time, which is true wherever the letter's readers live."""
    if content.turns_daily:
        return say("letters.reply.next_daily")
    minutes = math.ceil((content.next_at - content.at) / timedelta(minutes=1)) if content.next_at else 0
    if minutes <= 0:
        return say("letters.reply.next")
    hours, rest = divmod(minutes, 60)
    # Told in whole hours, it is never longer than it is.
    is_long = hours > 1 or (hours and not rest)
    return say("letters.reply.next_hours", count=hours) if is_long else say("letters.reply.next_minutes", count=minutes)


def _digest_subject(lead: Story | None, say: Callable[..., str], name: str) -> str:
    if lead is None:
        return say("letters.digest.subject_comments", name=name)
    return say("letters.digest.subject", name=name, title=clip(lead.title, SUBJECT_TITLE_MAX))


def _next_digest(content: LetterContent, scene: Scene, often: Frequency) -> str:
    after = _NEXT_AFTER.get(often)
    if after is None:
        return scene.voice.say(f"letters.digest.next.{often}")
    if content.is_next_unsaid:
        return scene.voice.say("letters.digest.next.instant")
    return scene.voice.say(f"letters.digest.next.{often}", day=scene.dates.day(content.at, after))


def _digest_preheader(lead: Story | None, rest: list[Any], say: Callable[..., str], comments: tuple[Any, ...]) -> str:
    if rest:
        return f"{say('letters.digest.stories', count=len(rest) + 1)}{say('common.colon')}{rest[0].title}"
    if comments:
        return say("letters.digest.talks", count=len(comments))
    return str(lead.summary or lead.title) if lead else ""
