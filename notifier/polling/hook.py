"""A site's webhook: it says that there is news and nothing else; what the news is, a poll finds out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import select

from notifier.domain import webhook
from notifier.domain.words import SourceKind
from notifier.models import Source
from notifier.parts import Parts
from notifier.polling.claim import ask_for
from notifier.queue import to_poll

PURPOSE: Final = "webhook"


def key_of(parts: Parts, source_id: int) -> bytes:
    """The key that a source's site signs with: made from our own, so it is kept nowhere."""
    return parts.signer.keys_for(PURPOSE, source_id)[0]


def heed(parts: Parts, source_id: int, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """Poll the source soon, if its site signed this request; the same request again does nothing more.

    False where nobody of ours signed it, whether there is such a source or not.
    """
    tolerance_s = parts.settings.hook_tolerance_s
    hook = webhook.read(headers, body, parts.signer.keys_for(PURPOSE, source_id), now, tolerance_s)
    if hook is None:
        return False
    ours = (Source.id == source_id, Source.kind == SourceKind.WORDPRESS, Source.is_enabled)
    with parts.db.writing() as session:
        source = session.scalar(select(Source).where(*ours).with_for_update())
        if source is None:
            return False
        remembered = webhook.remembered(source.hooks, hook, now, tolerance_s)
        if remembered is None:
            return True
        source.hooks = remembered
    if ask_for(parts, source_id, now):
        parts.bell([to_poll(source_id)])
    return True
