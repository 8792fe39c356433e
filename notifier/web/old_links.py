"""The addresses of wpDiscuz's letters, honoured here: GET shows one button, POST acts; scanners change nothing."""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request, Response

from notifier import readers
from notifier.consent.naming import Named
from notifier.consent.old_links import OldLinkView
from notifier.consent.undoing import Undo
from notifier.domain.topics import word_of
from notifier.domain.words import OldLinkKind
from notifier.web import places
from notifier.web.edge import LOOKING, Edge, Form, Here, voice
from notifier.web.look import Voice
from notifier.web.problems import Problem
from notifier.web.wire import Typed, is_clean

router = APIRouter(include_in_schema=False)

PREFIX: Final = "/wpdiscuzsubscription"
DIGITS_MAX: Final = 18
ENDING: Final = frozenset({"0", "no"})
"""What `wpDiscuzComfirm` (sic) says in a link that refuses."""
_NAMES: Final = {
    "unsubscribe": ("wpdiscuzSubscribeID", "key"),
    "confirm": ("wpdiscuzConfirmID", "wpdiscuzConfirmKey"),
    "follow": ("wpdiscuzFollowID", "wpdiscuzFollowKey"),
}


@router.api_route(PREFIX + "/{action}", methods=LOOKING)
@router.api_route(PREFIX + "/{action}/", methods=LOOKING)
def ask(request: Request, edge: Here, action: str) -> Response:
    """What the button would do, and the button."""
    link = _link(request, edge, action)
    speaks = _voice(request, edge, link)
    if _is_ending(request, action):
        return edge.look.page("stop", speaks, kind=link.topic_kind, label=link.label)
    return edge.look.page("confirm", speaks, stage="ask", topics=_named(link))


@router.post(PREFIX + "/{action}")
@router.post(PREFIX + "/{action}/")
def act(request: Request, edge: Here, action: str) -> Response:
    """End or begin what the link stands for."""
    link = _link(request, edge, action)
    speaks = _voice(request, edge, link)
    ip, now = edge.proxies.client_ip(request), edge.clock()
    if _is_ending(request, action):
        done = readers.end_by_old_link(edge.parts, link, ip, now)
        return edge.look.page(
            "unsubscribed",
            speaks,
            done=done,
            scope="letter",
            undo=done.undo.token(edge.parts.signer) if done.undo else "",
            undo_path=f"{PREFIX}/{action}/undo?{request.url.query}",
        )
    readers.begin_by_old_link(edge.parts, link, ip, now)
    return edge.look.page("confirm", speaks, stage="done", topics=_named(link))


@router.post(PREFIX + "/{action}/undo")
def take_back(request: Request, edge: Here, form: Form, action: str) -> Response:
    """Take back what the button has just done, for a day: only what was done to the reader of this link."""
    link = _link(request, edge, action)
    is_late = not _undo(request, edge, form, link.subscriber_id)
    status = HTTPStatus.GONE if is_late else HTTPStatus.OK
    return edge.look.page("undone", _voice(request, edge, link), status=status, is_late=is_late, more="")


def _undo(request: Request, edge: Edge, form: Typed, subscriber_id: int) -> bool:
    """Whether this reader did such a thing within a day; doing it twice changes nothing more."""
    now = edge.clock()
    what = Undo.read(edge.parts.signer, form.one("undo"), now)
    if what is None or what.subscriber_id != subscriber_id:
        return False
    readers.undo(edge.parts, what, edge.proxies.client_ip(request), now)
    return True


def _link(request: Request, edge: Edge, action: str) -> OldLinkView:
    """Raises Problem, the same for an unknown id, a wrong key and a link that was copied in part."""
    names = _NAMES.get(action)
    number, key = (request.query_params.get(name, "") for name in names) if names else ("", "")
    is_number = number.isascii() and number.isdecimal() and len(number) <= DIGITS_MAX
    kind = OldLinkKind.FOLLOW if action == "follow" else OldLinkKind.SUBSCRIPTION
    # What cannot be an id is looked up all the same: it costs what any other does.
    found = readers.read_old_link(edge.parts, kind, int(number) if is_number else 0, key if is_clean(key) else "")
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found")
    return found


def _is_ending(request: Request, action: str) -> bool:
    return action == "unsubscribe" or request.query_params.get("wpDiscuzComfirm", "").lower() in ENDING


def _voice(request: Request, edge: Edge, link: OldLinkView) -> Voice:
    with edge.parts.db.reading() as session:
        face = places.by_id(session, link.site_id).face
    return voice(request, edge, face, link.language)


def _named(link: OldLinkView) -> tuple[Named, ...]:
    return (Named(word_of(link.topics[0]), link.label),)
