"""Articles at the desk: found, and corrected for exactly those who were sent them as they should not have been."""

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from notifier import articles, corrections
from notifier.corrections import NOTE_CHARACTERS, SAID_CHARACTERS, CannotCorrect, Corrected, Erratum
from notifier.domain.desk_words import Role
from notifier.domain.text.locales import base_language
from notifier.domain.words import LetterKind
from notifier.models import Item
from notifier.stages import sends
from notifier.stages.render import RenderFailed
from notifier.stages.sends import SendKey
from notifier.web.desk.gate import PREFIX, Analyst, Editor, Entered, scene
from notifier.web.desk.letter_frame import SANDBOX, VIEWS, framed, seen
from notifier.web.desk.whose import missing, number, site_id
from notifier.web.edge import LOOKING, Edge, Form, Here
from notifier.web.problems import Problem
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
    """Show the letter and how many got the article as it was, then send it to them: never without a look before."""
    item = _the_article(edge, site, article)
    erratum, typed = _erratum(entered, form, item), _typed(form)
    if len(typed["note"]) > NOTE_CHARACTERS or len(typed["said"]) > SAID_CHARACTERS:
        return _page(edge, entered, site, article, typed=typed, refused="too_long")
    act = corrections.correct if form.one("is_sure") else corrections.look
    try:
        found = act(edge.parts, item.site_id, erratum, edge.clock())
    except CannotCorrect as refusal:
        return _page(edge, entered, site, article, typed=typed, refused=refusal.key)
    if form.one("is_sure"):
        return _back(site, article, "sent" if found.is_new else "known")
    if found.correction_id or not found.count:
        return _page(edge, entered, site, article, typed=typed, counted=found)
    return _look(edge, entered, site, item, erratum, found)


@router.post("/{article}/correct/letter")
def show_letter(edge: Here, entered: Editor, form: Form, site: str, article: int) -> Response:
    """The letter itself, for the frame: by POST, for its words are nobody's yet and stand in no log of addresses."""
    item = _the_article(edge, site, article)
    erratum = _erratum(entered, form, item)
    try:
        found = corrections.preview(edge.parts, item.site_id, erratum, form.one("want"), edge.clock())
        return framed(seen(found.html, found.text, form.one("view")))
    except (CannotCorrect, RenderFailed, ValueError):
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "error_bad_request") from None


@router.post("/{article}/take-back")
def take_back(edge: Here, entered: Editor, site: str, article: int) -> Response:
    """Withdraw it: letters that have not left leave it out."""
    item = _the_article(edge, site, article)
    articles.take_back(edge.parts, item.site_id, article, entered.seat.actor, edge.clock())
    return _back(site, article, "taken_back")


def _look(edge: Edge, entered: Entered, site: str, item: Item, erratum: Erratum, found: Corrected) -> Response:
    """The page with the letter, its subject in each language, and how many get it."""
    names, letters = edge.look.sentences, list[dict[str, Any]]()
    try:
        for tag, want in found.wants.items():
            letter = corrections.preview(edge.parts, item.site_id, erratum, want, edge.clock())
            name = names.plain(base_language(tag), "language_name")
            letters.append({"name": name, "want": want, "subject": letter.subject, "count": found.readers[tag]})
    except (CannotCorrect, RenderFailed):
        typed = {"said": erratum.said, "note": erratum.note}
        return _page(edge, entered, site, item.id, typed=typed, refused="unmade")
    return edge.desk.page(
        "correction", scene(edge, entered, "articles", site), item=item, letters=letters, counted=found,
        typed={"said": erratum.said, "note": erratum.note}, path=f"{PREFIX}/at/{site}/articles/{item.id}",
        sandbox=SANDBOX, views=VIEWS, note_most=NOTE_CHARACTERS, said_most=SAID_CHARACTERS,
    )  # fmt: skip


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
        **shown,
    )  # fmt: skip


def _the_article(edge: Edge, site: str, article: int) -> Item:
    with edge.parts.db.reading() as session:
        try:
            return articles.one(session, site_id(edge, site), article)
        except LookupError:
            raise missing() from None


def _typed(form: Typed) -> dict[str, str]:
    return {name: _text(form, name) for name in ("said", "note")}


def _erratum(entered: Entered, form: Typed, item: Item) -> Erratum:
    typed, actor = _typed(form), entered.seat.actor
    return Erratum(item.guid, typed["note"], typed["said"], by=actor.name, actor=actor)


def _text(form: Typed, name: str) -> str:
    return form.one(name).replace("\r\n", "\n").strip()


def _back(site: str, article: int, said: str) -> Response:
    return RedirectResponse(f"{PREFIX}/at/{site}/articles/{article}?said={said}", HTTPStatus.SEE_OTHER)
