"""Who a site is: names, sender, colour, logo, hours; owners change it, with the head of a letter beside it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from notifier.domain.colour import CONTRAST_MIN, DARK_PAPER, PAPER, accent, contrast
from notifier.domain.letter import LetterContent, SiteFace
from notifier.domain.text.dates import weekday_name
from notifier.domain.traces import Tracking
from notifier.domain.words import Calendar, Digits, LetterKind
from notifier.models import Site
from notifier.site_rules import NO_LOGO, SiteInvalid, check_face, fetched_logo
from notifier.sites import SiteChange, amend_site
from notifier.stages import gather
from notifier.stages.render import mail_html
from notifier.stages.render.compile.sample import reader, sample
from notifier.web.desk.gate import Editor, Owner
from notifier.web.desk.setup.tabs import ROOT, Desk, framed
from notifier.web.edge import LOOKING, Edge, Form, Here
from notifier.web.wire import Typed

router = APIRouter(prefix=ROOT, include_in_schema=False)

WORDS: Final = ("name", "language", "time_zone", "url", "sender_name", "sender_address", "postal_address", "colour")
LOOKS: Final = ("name", "language", "colour", "sender_name", "postal_address", "digits", "calendar")
"""What a preview takes from the form."""
_HOURS: Final = tuple(range(24))
_DAYS: Final = tuple(range(7))


@dataclass(frozen=True, slots=True)
class Swatch:
    """A colour of letters, and how well it can be read on its ground."""

    key: str
    ink: str
    ground: str

    @property
    def ratio(self) -> float:
        """WCAG's contrast, with one digit."""
        return round(contrast(self.ink, self.ground), 1)


@router.api_route("", methods=LOOKING)
def show(request: Request, edge: Here, entered: Editor, site: str) -> Response:
    """Everything on one page; editors look, owners change."""
    desk = Desk(edge, entered, site, "identity")
    row = desk.site()
    return _page(desk, row, _kept(row), said=request.query_params.get("said", ""))


@router.post("")
def change(edge: Here, entered: Owner, form: Form, site: str) -> Response:
    """Change it, or only look at how it would be (`look`)."""
    desk = Desk(edge, entered, site, "identity")
    row, typed = desk.site(), _typed(form)
    if form.one("look"):
        return _page(desk, row, typed)
    try:
        wanted = _change(edge, row, form)
        with edge.parts.db.writing() as session:
            locked = session.get_one(Site, row.id, with_for_update=True)
            amend_site(session, locked, wanted, entered.seat.actor, edge.clock())
    except SiteInvalid as refusal:
        return _page(desk, row, typed, error=refusal.field)
    return desk.back(said="saved")


@router.api_route("/preview", methods=LOOKING)
def preview(request: Request, edge: Here, entered: Editor, site: str) -> Response:
    """A letter as it would look with what stands in the form."""
    row = Desk(edge, entered, site, "identity").site()
    content = _letter(_face(row, {name: request.query_params[name] for name in LOOKS if name in request.query_params}))
    return framed(mail_html(edge.parts.renderer.render(content), reader()))


def _page(desk: Desk, row: Site, values: Mapping[str, Any], *, error: str = "", said: str = "") -> Response:
    face = _face(row, {name: values[name] for name in LOOKS})
    sentences, language = desk.edge.look.sentences, desk.entered.seat.language
    return desk.page(
        "identity",
        values=values,
        error=error,
        said=said,
        subject=desk.edge.parts.renderer.render(_letter(face)).subject,
        looks={name: values[name] for name in LOOKS},
        swatches=_swatches(face.colour),
        is_readable=contrast(face.colour, PAPER) >= CONTRAST_MIN,
        languages=[(one, sentences.plain(one, "language_name")) for one in sentences.languages],
        weekdays=[(day, weekday_name(day, language)) for day in _DAYS],
        hours=_HOURS,
        digit_policies=list(Digits),
        calendars=list(Calendar),
        trackings=list(Tracking),
        logo=(row.logo_width, row.logo_height) if row.logo_url else None,
    )


def _letter(face: SiteFace) -> LetterContent:
    """A made-up newsletter of this site; its pictures are nowhere to be fetched."""
    made = sample(LetterKind.DIGEST, face.language)
    return replace(made, site=face, items=tuple(replace(one, image_url="") for one in made.items))


def _swatches(colour: str) -> list[Swatch]:
    made = accent(colour)
    return [
        Swatch("button", made.ink, made.ground),
        Swatch("light", made.text, PAPER),
        Swatch("dark", made.dark_text, DARK_PAPER),
    ]


def _kept(row: Site) -> dict[str, Any]:
    names = (
        *WORDS,
        "logo_url",
        "digest_hour",
        "digest_weekday",
        "digits",
        "calendar",
        "sends_welcome",
        "sends_goodbye",
        "tracking",
    )
    kept = {name: getattr(row, name) for name in names}
    return {**kept, "origins": "\n".join(row.origins), "replies_url": row.replies_url}


def _typed(form: Typed) -> dict[str, Any]:
    names = (*WORDS, "logo_url", "digits", "calendar", "origins", "replies_url", "tracking")
    numbers = {name: _number(form.one(name)) for name in ("digest_hour", "digest_weekday")}
    ticks = {name: bool(form.one(name)) for name in ("sends_welcome", "sends_goodbye")}
    return {**{name: form.one(name) for name in names}, **numbers, **ticks}


def _change(edge: Edge, row: Site, form: Typed) -> SiteChange:
    typed = _typed(form)
    words = {name: typed[name].strip() for name in WORDS}
    # The file is asked for its size only where it is another one.
    url = typed.pop("logo_url").strip()
    logo = None if url == row.logo_url else fetched_logo(edge.parts.fetch, url) if url else NO_LOGO
    return SiteChange(
        **words,
        logo=logo,
        digits=_word(partial(Digits, typed["digits"]), "digits"),
        calendar=_word(partial(Calendar, typed["calendar"]), "calendar"),
        origins=tuple(typed["origins"].split()),
        **{name: typed[name] for name in ("digest_hour", "digest_weekday", "sends_welcome", "sends_goodbye")},
        replies_url=typed["replies_url"],
        # Its own choice: a form that does not speak of it leaves it as it is.
        tracking=_word(partial(Tracking, typed["tracking"]), "tracking") if typed["tracking"] else None,
    )


def _word(read: Callable[[], Any], field: str) -> Any:  # noqa: ANN401 - one of our vocabularies
    try:
        return read()
    except ValueError:
        raise SiteInvalid(field, "not one of the words that are offered") from None


def _face(row: Site, looks: Mapping[str, str]) -> SiteFace:
    """The site as it would look; what cannot be is left as it is."""
    face = gather.face(row)
    for name, value in looks.items():
        try:
            check_face({name: value})
            vocabulary = {"digits": Digits, "calendar": Calendar}.get(name, str)
            changed: dict[str, Any] = {name: vocabulary(value)}
            face = replace(face, **changed)
        except ValueError:
            continue
    return face


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 3 else -1  # noqa: PLR2004 - an hour has two digits
