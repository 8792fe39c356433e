"""What the letters about a reader's own subscriptions say: confirm, welcome, magic link, goodbye, another address."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from notifier.domain.letter import Choice, LetterContent
from notifier.domain.scenes.saying import Values
from notifier.domain.text.bidi import Phrase
from notifier.domain.views import Scene
from notifier.domain.words import Frequency

TOPICS_MAX: Final = 30
_FIRST_AFTER: Final = {Frequency.DAILY: timedelta(days=1), Frequency.WEEKLY: timedelta(days=7)}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A topic in a list, and in words how often it writes; `often` may be empty."""

    topic: Phrase
    often: str = ""


def confirm(content: LetterContent, scene: Scene, name: Phrase) -> Values:
    """A link to begin with; no words of whoever typed the address."""
    say = scene.voice.say
    return {
        "topics": tuple(Chosen(scene.phrase(topic)) for topic in content.topics[:TOPICS_MAX]),
        "frequency": content.frequency,
        "expires": _until(content, scene),
        "why": say("letters.confirm.why", site=name),
        "next": say("letters.confirm.next"),
        "preheader": say("letters.confirm.preheader", site=name),
    }


def welcome(content: LetterContent, scene: Scene, name: Phrase) -> Values:
    """What was subscribed to, when the first letter comes, and how to change it."""
    say = scene.voice.say
    return {
        "topics": _chosen(content.choices, scene),
        "address": content.site.sender_address,
        "why": say("letters.welcome.why", site=name),
        "first": _first_letter(content, scene),
        # The body says it already.
        "next": "",
        "preheader": say("letters.welcome.preheader", site=name),
    }


def magic_link(content: LetterContent, scene: Scene, name: Phrase) -> Values:
    """A link to sign in with, and for how long."""
    say = scene.voice.say
    lasts = content.expires_at - content.at if content.expires_at else timedelta()
    return {
        "minutes": max(0, round(lasts / timedelta(minutes=1))),
        "why": say("letters.magic-link.why", site=name),
        "next": say("letters.magic-link.next"),
        "preheader": say("letters.magic-link.preheader", site=name),
    }


def goodbye(content: LetterContent, scene: Scene, name: Phrase) -> Values:
    """What has ended, and a link to undo it."""
    say = scene.voice.say
    return {
        "topics": _chosen(content.choices, scene),
        "is_anything_left": content.is_anything_left,
        "expires": _until(content, scene),
        "why": say("letters.goodbye.why", site=name),
        "next": say("letters.goodbye.next"),
        "preheader": say("letters.goodbye.preheader"),
    }


def address_change(content: LetterContent, scene: Scene, name: Phrase) -> Values:
    """That another address was asked for, and a link for who did not ask; no word of whoever did."""
    say = scene.voice.say
    return {
        "expires": _until(content, scene),
        "why": say("letters.address-change.why", site=name),
        "next": say("letters.address-change.next"),
        "preheader": say("letters.address-change.preheader"),
    }


def _chosen(choices: Iterable[Choice], scene: Scene) -> tuple[Chosen, ...]:
    say = scene.voice.say
    listed = tuple(choices)[:TOPICS_MAX]
    return tuple(Chosen(scene.phrase(one.topic), say(f"pages.frequency_{one.frequency}")) for one in listed)


def _until(content: LetterContent, scene: Scene) -> str:
    return scene.dates.moment(content.expires_at, content.at) if content.expires_at else ""


def _first_letter(content: LetterContent, scene: Scene) -> str:
    often = min((one.frequency for one in content.choices), key=lambda one: one.rank, default=Frequency.INSTANT)
    after = _FIRST_AFTER.get(often)
    if after is None:
        return scene.voice.say(f"letters.welcome.next.{often}")
    return scene.voice.say(f"letters.welcome.next.{often}", day=scene.dates.day(content.next_at or content.at + after))
