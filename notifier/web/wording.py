"""The words of the subscribe box, by language."""

from typing import Final

from notifier.web.edge import Edge

_KEYS: Final = {
    "title": "box_title",
    "thread": "box_thread_title",
    "topics": "topics_legend",
    "frequency": "frequency_legend",
    "language": "language_label",
    "address": "address_label",
    "trap": "honeypot_label",
    "button": "subscribe_button",
    "working": "box_working",
    "page": "box_page",
    "trouble": "box_trouble",
    "none": "no_topics",
    "invalid": "invalid_address",
    "accept": "address_accept",
    "keep": "address_keep",
}


def of_box(edge: Edge, language: str, site: str, *, is_thread: bool = False) -> dict[str, str]:
    """What the box says, of an article or of sections; `consent` names the site."""
    say, keys = edge.look.sentences, _KEYS | ({"topics": "thread_legend"} if is_thread else {})
    words = {name: say.plain(language, key) for name, key in keys.items()}
    return words | {"consent": say.plain(language, "consent", site=site)}
