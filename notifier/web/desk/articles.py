"""Articles at the desk: found, and corrected for exactly those who were sent them as they should not have been."""

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from notifier import articles, corrections
from notifier.corrections import NOTE_CHARACTERS, SAID_CHARACTERS, CannotCorrect, Corrected, Erratum
from notifier.domain.desk_words import Role
from notifier.domain.words import LetterKind
from notifier.models import Item
from notifier.stages import sends
from notifier.stages.sends import SendKey
from notifier.web.desk.gate import PREFIX, Analyst, Editor, Entered, scene
from notifier.web.desk.whose import missing, number, site_id
from notifier.web.edge import LOOKING, Edge, Form, Here
from notifier.web.wire import Typed, is_clean

router = APIRouter(prefix=f"{PREFIX}/at/{{site}}/articles", include_in_schema=False)
QUERY_MAX = 200
_SAID = frozenset({"sent", "known", "taken_back"})


@router.api_route("", methods=LOOKING)
def show(request: Request, edge: Here, entered: Analyst, site: str) -> Response:
    """The newest articles; `?q=` searches titles, `?before=` goes on below one."""
    here, ours = scene(edge, entered, "articles", site), site_id(edge, site)
    query = " ".join(request.query_params.get("q", "")[:QUERY_MAX].split())
    with edge.parts.db.reading() as session:
        rows = articles.found(session, ours, query if is_clean(query) else "", number(request, "before"))
    onward = rows[-1].id if len(rows) == articles.PAGE else 0
    return edge.desk.page("articles", here, rows=rows, query=query, onward=onward)


@router.api_route("/{article}", methods=LOOKING)
def show_one(request: Request, edge: Here, entered: Analyst, site: str, article: int) -> Response:
    """One article: what may be done about it, and its corrections with their balances."""
    said = request.query_params.get("said", "")
    return _page(edge, entered, site, article, said=said if said in _SAID else "")


@router.post("/{article}/correct")
def correct(edge: Here, entered: Editor, form: Form, site: str, article: int) -> Response:
    """Say how many got it as it was, then send the correction to them: once it was counted, and not by mistake."""
    item = _the_article(edge, site, article)
    typed = {"said": _text(form, "said"), "note": _text(form, "note")}
    erratum = Erratum(item.guid, typed["note"], typed["said"], by=entered.seat.actor.name, actor=entered.seat.actor)
    if len(typed["note"]) > NOTE_CHARACTERS or len(typed["said"]) > SAID_CHARACTERS:
        return _page(edge, entered, site, article, typed=typed, refused="too_long")
    act = corrections.correct if form.one("is_sure") else corrections.look
    try:
        found = act(edge.parts, item.site_id, erratum, edge.clock())
    except CannotCorrect as refusal:
        return _page(edge, entered, site, article, typed=typed, refused=refusal.key)
    if form.one("is_sure"):
        return _back(site, article, "sent" if found.is_new else "known")
    return _page(edge, entered, site, article, typed=typed, counted=found)


@router.post("/{article}/take-back")
def take_back(edge: Here, entered: Editor, site: str, article: int) -> Response:
    """Withdraw it: letters that have not left leave it out."""
    item = _the_article(edge, site, article)
    articles.take_back(edge.parts, item.site_id, article, entered.seat.actor, edge.clock())
    return _back(site, article, "taken_back")


def _page(
    edge: Edge, entered: Entered, site: str, article: int, *, typed: dict[str, str] | None = None,
    counted: Corrected | None = None, **values: str,
) -> Response:  # fmt: skip
    item, here = _the_article(edge, site, article), scene(edge, entered, "articles", site)
    with edge.parts.db.reading() as session:
        why_not = corrections.why_not(session, item)
        made = articles.corrections_of(session, article)
        # Not one by one: an article may have fifty.
        keys = [SendKey(LetterKind.CORRECTION, one.id) for one in made]
        found = {one.key.about_id: one for one in sends.some(session, item.site_id, keys)}
        alert = sends.find(session, item.site_id, SendKey(LetterKind.ALERT, article))
    shown: dict[str, Any] = {"said": "", "refused": "", **values}
    return edge.desk.page(
        "article", here, status=HTTPStatus.UNPROCESSABLE_ENTITY if shown["refused"] else HTTPStatus.OK, item=item,
        path=f"{PREFIX}/at/{site}/articles/{article}", why_not=why_not, corrections=made, sends=found, alert=alert,
        typed=typed or {"said": "", "note": ""}, counted=counted, may_act=entered.seat.role.may_act_as(Role.EDITOR),
        note_most=NOTE_CHARACTERS, said_most=SAID_CHARACTERS,
        languages={one: edge.look.sentences.plain(one, "language_name") for one in edge.parts.renderer.languages},
        **shown,
    )  # fmt: skip


def _the_article(edge: Edge, site: str, article: int) -> Item:
    with edge.parts.db.reading() as session:
        try:
            return articles.one(session, site_id(edge, site), article)
        except LookupError:
            raise missing() from None


def _text(form: Typed, name: str) -> str:
    return form.one(name).replace("\r\n", "\n").strip()


def _back(site: str, article: int, said: str) -> Response:
    return RedirectResponse(f"{PREFIX}/at/{site}/articles/{article}?said={said}", HTTPStatus.SEE_OTHER)
