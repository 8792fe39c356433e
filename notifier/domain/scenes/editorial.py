"""What the letters that an editor writes say: issue and correction."""

from typing import Final

from notifier.domain.letter import LetterContent
from notifier.domain.pictures import Picture, size
from notifier.domain.prose import prose, said_in
from notifier.domain.scenes.saying import SUBJECT_TITLE_MAX, NothingToSay, Values
from notifier.domain.text.bidi import Phrase
from notifier.domain.text.clean import clip
from notifier.domain.views import QUOTE_MAX, Scene, of_kind, story
from notifier.domain.words import ItemKind

COVER: Final = size({}) or (0, 0)
"""A cover's size is not asked for: it stands as wide as the letter, and its height is its own."""


def issue(content: LetterContent, scene: Scene, name: Phrase) -> Values:
    """The editor's words, then the stories that go with them."""
    wrote = content.issue
    if wrote is None or not (wrote.title or content.items):
        raise NothingToSay
    say = scene.voice.say
    stories = tuple(story(item, scene) for item in of_kind(content.items, ItemKind.ARTICLE))
    title = scene.phrase(wrote.title, content.language) or stories[0].title
    intro = prose(wrote.html, scene, content.language)
    subject = clip(scene.phrase(wrote.subject, content.language) or title, SUBJECT_TITLE_MAX)
    cover = scene.picture_url(wrote.cover_url) if wrote.cover_url else ""
    return {
        "title": title,
        "cover": Picture(cover, scene.phrase(wrote.cover_alt, content.language) or title, *COVER) if cover else None,
        "subject_title": say("letters.issue.trial", title=subject) if wrote.is_trial else subject,
        "date": scene.dates.long(content.at),
        "intro": intro,
        "stories": stories,
        "why": say("letters.issue.why", site=name),
        "next": say("letters.issue.next"),
        "preheader": said_in(intro) or say("letters.issue.preheader", site=name, title=title),
    }


def correction(content: LetterContent, scene: Scene, name: Phrase) -> Values:
    """What was wrong, what is right, and the article as it is now; or that it was withdrawn."""
    wrote = content.correction
    if wrote is None:
        raise NothingToSay
    say = scene.voice.say
    language = wrote.language or content.language
    title = scene.phrase(wrote.title, language)
    right = prose(wrote.html, scene, language)
    if not title or not right:
        raise NothingToSay
    articles = of_kind(content.items, ItemKind.ARTICLE)
    return {
        "title": title,
        "subject_title": clip(title, SUBJECT_TITLE_MAX),
        "published": scene.dates.long(wrote.published_at),
        "is_withdrawn": wrote.is_withdrawn,
        "said": scene.phrase(wrote.said, language, 2 * QUOTE_MAX),
        "right": right,
        "story": story(articles[0], scene) if articles else None,
        "why": say("letters.correction.why", site=name),
        "next": say("letters.correction.next"),
        "preheader": said_in(right) or say("letters.correction.preheader", title=title),
    }
