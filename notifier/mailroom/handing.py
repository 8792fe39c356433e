"""Hand a reader's reply to its site: to a WordPress as a comment that is held, to any other as a signed request."""

import json
from datetime import datetime, timedelta
from typing import Final

from notifier import observe, settings
from notifier.domain import webhook
from notifier.domain.retry import retry_in
from notifier.domain.webhook import Hook
from notifier.domain.words import ReplyRefusal
from notifier.feedback import handing
from notifier.feedback.handing import Handing, WordPressPlace
from notifier.parts import Parts
from notifier.sources.faults import FetchRefused
from notifier.sources.posted import Posted, posted
from notifier.sources.wordpress import NewComment, basic, leave_comment

PURPOSE: Final = "replies"
RETRY_AFTER_MAX: Final = timedelta(hours=6)
_log = observe.log(__name__)


def key_of(parts: Parts, site_id: int) -> bytes:
    """The key that replies for a site are signed with: made from our own, so it is kept nowhere."""
    return parts.signer.keys_for(PURPOSE, site_id)[0]


def hand_over(parts: Parts, reply_id: int, now: datetime) -> None:
    """Hand one reply over, if it is due; otherwise nothing. Twice is as once: the site is told the same id."""
    with parts.db.writing() as session:
        one = handing.claim(session, reply_id, now)
    if one is None:
        return
    # No transaction is open while the site thinks.
    answer = _posted(parts, one, now)
    with parts.db.writing() as session:
        refusal = ReplyRefusal.DECLINED if answer.is_refused else None
        if answer.is_taken or answer.is_refused:
            handing.end(session, one.reply_id, now, refusal, answer.detail)
        else:
            refusal = handing.put_off(session, one, now, _pause(parts, one, answer), answer.detail)
    _log.info(
        "reply_handed", reply=reply_id, is_taken=answer.is_taken, refused=refusal, attempts=one.attempts,
        said="" if answer.is_taken else answer.detail,
    )  # fmt: skip


def _posted(parts: Parts, one: Handing, now: datetime) -> Posted:
    if one.wordpress is not None:
        return _to_wordpress(parts, one, one.wordpress)
    if one.url:
        return _to_site(parts, one, now)
    return Posted(detail="The site takes no replies at present: it has neither a WordPress with a password nor a URL.")


def _to_wordpress(parts: Parts, one: Handing, place: WordPressPlace) -> Posted:
    secret = settings.source_secret(place.secret_name)
    if secret is None:
        return Posted(detail=f"Its password is missing: the environment has no {place.secret_name}.")
    comment = NewComment(place.article, place.parent, _name(parts, one), one.address, one.words)
    return leave_comment(parts.fetch, place.root, basic(secret.get_secret_value()), comment)


def _to_site(parts: Parts, one: Handing, now: datetime) -> Posted:
    body = json.dumps({"type": "reply.received", "timestamp": one.at.isoformat(), "data": _told(parts, one)}).encode()
    hook = Hook(f"reply_{one.site_id}_{one.reply_id}", int(now.timestamp()))
    signed = (
        ("webhook-id", hook.id),
        ("webhook-timestamp", str(hook.timestamp)),
        ("webhook-signature", webhook.sign(key_of(parts, one.site_id), hook, body)),
    )
    try:
        parts.fetch.post(one.url, body, "application/json", signed)
    except FetchRefused as fault:
        return posted(fault)
    return Posted(is_taken=True)


def _told(parts: Parts, one: Handing) -> dict[str, str]:
    return {
        "site": one.slug,
        "article": one.article_guid,
        "article_url": one.article_url,
        "parent": one.parent_guid,
        "author_name": _name(parts, one),
        "author_email": one.address,
        "language": one.language,
        "text": one.words,
    }


def _name(parts: Parts, one: Handing) -> str:
    return one.name or parts.renderer.anonymous(one.language)


def _pause(parts: Parts, one: Handing, answer: Posted) -> timedelta:
    knobs = parts.settings
    own = retry_in(one.attempts, knobs.retry_base_s, knobs.retry_cap_s, parts.dice())
    asked = min(timedelta(seconds=answer.retry_after_s or 0), RETRY_AFTER_MAX)
    return max(own, asked)
