"""Leave a comment at a WordPress that waits for its moderator, in the name of whoever wrote it."""

import json
from dataclasses import dataclass, field
from html import escape
from typing import Final

from notifier.sources.faults import FetchRefused
from notifier.sources.fetch import Fetcher
from notifier.sources.posted import Posted, posted

ROUTE: Final = "wp/v2/comments"
_NEVER: Final = frozenset(
    {
        "rest_comment_closed",
        "rest_comment_draft_post",
        "rest_comment_trash_post",
        "rest_comment_invalid_post_id",
        "rest_comment_content_invalid",
        "rest_invalid_param",
        "comment_author_column_length",
        "comment_content_column_length",
    }
)


@dataclass(frozen=True, slots=True)
class NewComment:
    """A comment by the site's own numbers; `parent` is 0 under the article itself, `text` is plain."""

    article: int
    parent: int
    name: str
    address: str = field(repr=False)
    text: str = field(repr=False)


def leave_comment(fetcher: Fetcher, root: str, authorization: str, comment: NewComment) -> Posted:
    """Leave it. A comment that is there already (409) is one that was taken: a first answer may have been lost."""
    body = {
        "post": comment.article,
        "parent": comment.parent,
        "author_name": comment.name,
        "author_email": comment.address,
        # Who moderates may write any HTML there, so none may be left in what a reader wrote.
        "content": escape(comment.text, quote=False),
        "status": "hold",
    }
    try:
        answer = fetcher.post(
            f"{root}{ROUTE}", json.dumps(body).encode(), "application/json", authorization=authorization
        )
    except FetchRefused as fault:
        return posted(fault, _NEVER)
    return Posted(is_taken=True, detail=_number(answer.body))


def _number(body: bytes) -> str:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    return f"comment {told['id']}" if isinstance(told, dict) and isinstance(told.get("id"), int) else ""
