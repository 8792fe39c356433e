"""What each kind of letter says: from a LetterContent to the plain values its templates name."""

from collections.abc import Callable
from typing import Final

from notifier.domain.letter import LetterContent
from notifier.domain.scenes import editorial, news, reader
from notifier.domain.scenes.saying import NothingToSay, Values, preheader
from notifier.domain.text.bidi import Phrase
from notifier.domain.text.clean import clean
from notifier.domain.views import NAME_MAX, Scene, logo
from notifier.domain.weburl import web_url
from notifier.domain.words import LetterKind

__all__ = ["NothingToSay", "values_of"]

_BY_KIND: Final[dict[LetterKind, Callable[[LetterContent, Scene, Phrase], Values]]] = {
    LetterKind.CONFIRM: reader.confirm,
    LetterKind.WELCOME: reader.welcome,
    LetterKind.MAGIC_LINK: reader.magic_link,
    LetterKind.GOODBYE: reader.goodbye,
    LetterKind.ADDRESS_CHANGE: reader.address_change,
    LetterKind.ALERT: news.alert,
    LetterKind.DIGEST: news.digest,
    LetterKind.REPLY: news.reply,
    LetterKind.ISSUE: editorial.issue,
    LetterKind.CORRECTION: editorial.correction,
}


def values_of(content: LetterContent, scene: Scene) -> Values:
    """All that the templates of this letter may name, beside the look. Raises NothingToSay."""
    site = content.site
    name = scene.phrase(site.name, site.language, NAME_MAX)
    face = {
        "name": name,
        "url": web_url(site.url),
        "logo": logo(site, name, scene),
        "imprint": scene.voice.say("common.comma").join(filter(None, (name, clean(site.postal_address)))),
    }
    values = _BY_KIND[content.kind](content, scene, name)
    values["preheader"] = preheader(values["preheader"], str(values["why"]))
    return {**values, "site": face, "more": content.more}
