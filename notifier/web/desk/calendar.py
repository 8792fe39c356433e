"""What will go out next: the digests of the coming days, what each holds so far, and what editors decide about it."""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from notifier import digests, proofing
from notifier.digests import MOMENT, GivenUpError, Order, Place, TooLateError
from notifier.domain.desk_words import Role
from notifier.domain.text.dates import Dates
from notifier.domain.words import Digits, Frequency
from notifier.proofing import Asked
from notifier.stages.plan.runs import DIGESTS
from notifier.stages.render import RenderFailed
from notifier.web.desk.frame import Scene
from notifier.web.desk.gate import PREFIX, Analyst, Editor, scene
from notifier.web.desk.letter_frame import SANDBOX, framed
from notifier.web.desk.whose import missing, site_id, whole
from notifier.web.edge import LOOKING, Edge, Form, Here
from notifier.web.problems import Problem
from notifier.web.wire import Typed

router = APIRouter(prefix=f"{PREFIX}/at/{{site}}/calendar", include_in_schema=False)

LAST: Final = 10_000


@router.api_route("", methods=LOOKING)
def show(edge: Here, entered: Analyst, site: str) -> Response:
    """The next days, the next digest first."""
    here, now = scene(edge, entered, "calendar", site), edge.clock()
    ahead = digests.ahead(edge.parts, site_id(edge, site), now)
    knobs = edge.parts.settings
    soon = ahead.announced(now, knobs.digest_announce_min)
    # Hours on the clocks of readers, wherever these are, are kept as if they were UTC.
    walls, pace = Dates(here.language, Digits.LOCALE, "UTC"), edge.parts.pace
    still = [datetime.combine(now, time(hour), UTC) for hour in pace.quiet]
    return edge.desk.page(
        "calendar", here, ahead=ahead, soon=soon, now=now, name=digests.name, walls=walls, still=still,
        gap_min=int(pace.gap.total_seconds() // 60), has_quiet_alerts=edge.parts.quiet.holds_alerts,
    )  # fmt: skip


@router.api_route("/{frequency}/{slot}", methods=LOOKING)
def show_slot(request: Request, edge: Here, entered: Analyst, site: str, frequency: str, slot: str) -> Response:
    """One digest: its articles so far, and the letter of a reader of `?topic=` in `?language=`."""
    place = the_place(edge, site, frequency, slot)
    return _slot_page(edge, scene(edge, entered, "calendar", site), place, request.query_params)


@router.api_route("/{frequency}/{slot}/letter", methods=LOOKING)
def show_letter(request: Request, edge: Here, entered: Analyst, site: str, frequency: str, slot: str) -> Response:
    """The letter itself, for the frame."""
    del entered
    place = the_place(edge, site, frequency, slot)
    items = digests.look(edge.parts, place).shown(request.query_params.get("topic", ""))
    language = edge.look.sentences.supported(request.query_params.get("language")) or ""
    try:
        letter = digests.preview(edge.parts, place, language or "ar", items, edge.clock())
    except RenderFailed:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "error_bad_request") from None
    return framed(letter)


@router.post("/{frequency}/{slot}")
def arrange(edge: Here, entered: Editor, form: Form, site: str, frequency: str, slot: str) -> Response:
    """Decide on order, articles left out, or the whole digest: what the pressed button says."""
    place = the_place(edge, site, frequency, slot)
    here = scene(edge, entered, "calendar", site)
    by, now = entered.seat.actor, edge.clock()
    try:
        match form.one("act"):
            case "hold":
                digests.hold(edge.parts, place, by, now)
            case "release":
                digests.release(edge.parts, place, by, now)
            case _:
                digests.arrange(edge.parts, place, _order(form), by, now)
    except GivenUpError:
        return _slot_page(edge, here, place, {"said": "given_up"}, HTTPStatus.CONFLICT)
    except TooLateError:
        return _slot_page(edge, here, place, {"said": "too_late"}, HTTPStatus.CONFLICT)
    return RedirectResponse(f"{_path(here, place)}?said=saved", HTTPStatus.SEE_OTHER)


@router.post("/{frequency}/{slot}/proof")
def send_proof(edge: Here, entered: Editor, site: str, frequency: str, slot: str) -> Response:
    """Send the digest as it is now to one's own address, marked as a proof."""
    place = the_place(edge, site, frequency, slot)
    here, seat = scene(edge, entered, "calendar", site), entered.seat
    asked = proofing.ask(edge.parts, place, seat.user_id, seat.actor, edge.clock())
    if asked is Asked.OWED:
        return RedirectResponse(_path(here, place), HTTPStatus.SEE_OTHER)
    status = HTTPStatus.TOO_MANY_REQUESTS if asked is Asked.MANY else HTTPStatus.CONFLICT
    return _slot_page(edge, here, place, {"said": f"proof_{asked}"}, status)


def the_place(edge: Edge, site: str, frequency: str, slot: str) -> Place:
    """The slot that an address names. Raises Problem."""
    ours = site_id(edge, site)
    try:
        at = datetime.strptime(slot, MOMENT).replace(tzinfo=UTC)
        found = Frequency(frequency)
    except ValueError:
        raise missing() from None
    if found not in DIGESTS:
        raise missing()
    return Place(ours, found, at)


def _order(form: Typed) -> Order:
    """A form's rows: `fate:<id>` is in, dropped or postponed, `place:<id>` a number for those that come first."""
    places = {whole(item): whole(text.strip()) for item, text in form.after("place:")}
    fates = {whole(item): fate for item, fate in form.after("fate:")}
    pinned = sorted(
        (item for item, place in places.items() if place and fates.get(item, "in") == "in"),
        key=lambda item: (min(places[item], LAST), item),
    )
    chosen = {fate: tuple(item for item, its in fates.items() if its == fate) for fate in ("dropped", "postponed")}
    return Order(tuple(pinned), **chosen)


def _slot_page(
    edge: Edge, here: Scene, place: Place, asked: Mapping[str, str], status: int = HTTPStatus.OK
) -> Response:
    found, now = digests.look(edge.parts, place), edge.clock()
    sentences, topic = edge.look.sentences, asked.get("topic", "")
    return edge.desk.page(
        "slot",
        here,
        status=status,
        slot=place,
        path=_path(here, place),
        found=found,
        said=asked.get("said", ""),
        topic=topic if topic in found.topics else "",
        language=sentences.supported(asked.get("language")) or here.language,
        languages=[(one, sentences.plain(one, "language_name")) for one in sentences.languages],
        sandbox=SANDBOX,
        may_decide=here.seat is not None and here.seat.role.may_act_as(Role.EDITOR),
        proof=proofing.latest(edge.parts, place, here.seat.user_id if here.seat else 0),
        now=now,
        is_over=place.at <= now,
    )


def _path(here: Scene, place: Place) -> str:
    slug = here.place.slug if here.place else ""
    return f"{PREFIX}/at/{slug}/calendar/{digests.name(place)}"
