"""What happens while one watches: a newcomer signs up and confirms, a story breaks, replies come in. All over HTTP."""

import json
import re
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from notifier.domain.items import NewItem
from notifier.embedded import sample
from notifier.embedded.demo.seed import Seeded
from notifier.embedded.inbox import Inbox

NEWCOMER: Final = "salma@example.org"
THREAD: Final = "qasab-101"
_CONFIRM: Final = re.compile(r"https?://\S+/confirm/\S+")
_STAMP: Final = re.compile(r'name="stamp" value="([^"]+)"')
_WAIT_S: Final = 10


class Story:
    """Acts from outside, as a browser and a newsroom would."""

    def __init__(self, url: str, seeded: Seeded, inbox: Inbox) -> None:
        self._url = url
        self._seeded = seeded
        self._inbox = inbox

    def sign_up(self) -> None:
        """The newcomer asks for politics, at once."""
        self._subscribe({"topic": "category:سياسة", "frequency": "instant"})

    def confirm(self) -> bool:
        """Press the button of the confirmation letter, once it has arrived; then follow a discussion as well."""
        link = next(self._links(), None)
        if link is None:
            return False
        _post(link, {})
        self._subscribe({"thread": THREAD, "frequency": "instant"})
        return True

    def break_news(self, now: datetime) -> None:
        """The newsroom pushes a story."""
        self._push(sample.late_story(now, self._url))

    def reply(self, now: datetime) -> None:
        """Three replies come in within a moment."""
        for comment in sample.late_comments(now):
            self._push(comment)

    def _links(self) -> Iterator[str]:
        for entry in self._inbox.list(search=NEWCOMER):
            found = _CONFIRM.search(self._inbox.get(entry.id).text)
            if found:
                yield found[0]

    def _subscribe(self, fields: dict[str, str]) -> None:
        url = f"{self._url}/{self._seeded.slug}/subscribe"
        with urllib.request.urlopen(url, timeout=_WAIT_S) as page:  # noqa: S310 - our own http URL
            stamp = _STAMP.search(page.read().decode())
        _post(url, {"address": NEWCOMER, "lang": "ar", "stamp": stamp[1] if stamp else "", **fields})

    def _push(self, item: NewItem) -> None:
        path = f"/api/v1/sites/{self._seeded.slug}/items/{urllib.parse.quote(item.guid, safe='')}"
        request = urllib.request.Request(  # noqa: S310 - our own http URL
            self._url + path,
            data=json.dumps(api_body(item), ensure_ascii=False).encode(),
            headers={"Authorization": f"Bearer {self._seeded.api_key}", "Content-Type": "application/json"},
            method="PUT",
        )
        with urllib.request.urlopen(request, timeout=_WAIT_S):  # noqa: S310 - as above
            pass


def api_body(item: NewItem) -> dict[str, Any]:
    """An item as the JSON API takes it."""
    body: dict[str, Any] = {
        "kind": item.kind.value,
        "html": item.html,
        "summary": item.summary,
        "url": item.url,
        "language": item.language,
        "author": {"name": item.author_name, "email": item.author_address},
    }
    if item.article_guid:
        return body | {"article": item.article_guid, "parent": item.parent_guid or None}
    return body | {
        "title": item.title,
        "categories": list(item.categories),
        "image": {"url": item.image_url, "alt": item.image_alt},
        "facts": item.facts,
    }


def _post(url: str, fields: dict[str, str]) -> None:
    data = urllib.parse.urlencode(fields).encode()
    with urllib.request.urlopen(url, data=data, timeout=_WAIT_S):  # noqa: S310 - our own http URL
        pass
