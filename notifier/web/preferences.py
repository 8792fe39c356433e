"""The preference page: what a reader gets, how often, and when."""

from collections.abc import Iterator
from functools import lru_cache
from http import HTTPStatus
from typing import Final

from babel.dates import get_timezone_location
from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from notifier import readers
from notifier.consent.preferences import Choice, PreferenceChange, Preferences
from notifier.consent.signup import Invalid
from notifier.domain.text.clean import clean
from notifier.domain.text.locales import locale_of
from notifier.domain.words import Frequency
from notifier.web import places
from notifier.web.edge import LOOKING, Edge, Form, Here, voice
from notifier.web.look import PLAIN_HEADERS
from notifier.web.problems import Problem
from notifier.web.wire import Typed

router = APIRouter(include_in_schema=False)

FIELD: Final = "frequency:"
"""Before a topic's name: the field that holds its frequency."""
ZONES: Final = (
    "Asia/Baghdad",
    "Asia/Riyadh",
    "Asia/Kuwait",
    "Asia/Bahrain",
    "Asia/Qatar",
    "Asia/Dubai",
    "Asia/Muscat",
    "Asia/Aden",
    "Asia/Amman",
    "Asia/Damascus",
    "Asia/Beirut",
    "Asia/Jerusalem",
    "Asia/Gaza",
    "Africa/Cairo",
    "Africa/Khartoum",
    "Africa/Tripoli",
    "Africa/Tunis",
    "Africa/Algiers",
    "Africa/Casablanca",
    "Africa/Nouakchott",
    "Africa/Mogadishu",
    "Asia/Tehran",
    "Asia/Kabul",
    "Asia/Karachi",
    "Asia/Kuala_Lumpur",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Europe/Istanbul",
    "Europe/Moscow",
    "Europe/Berlin",
    "Europe/Stockholm",
    "Europe/Paris",
    "Europe/Madrid",
    "Europe/London",
    "America/Sao_Paulo",
    "America/New_York",
    "America/Toronto",
    "America/Chicago",
    "America/Los_Angeles",
)


@router.api_route("/p/{token}", methods=LOOKING)
def show(request: Request, edge: Here, token: str) -> Response:
    """The page; `?saved=1` says that the last change was kept."""
    return _page(request, edge, _found(edge, token))


@router.post("/p/{token}")
def change(request: Request, edge: Here, form: Form, token: str) -> Response:
    """Keep a change whole, or say what is wrong with it."""
    found, ip = _found(edge, token), edge.proxies.client_ip(request)
    try:
        readers.change_preferences(edge.parts, token, _change(edge, form, found), ip, edge.clock())
    except Invalid as refusal:
        return _page(request, edge, found, refusal)
    return RedirectResponse("?saved=1", HTTPStatus.SEE_OTHER, headers=PLAIN_HEADERS)


def _found(edge: Edge, token: str) -> Preferences:
    found = readers.read_preferences(edge.parts, token)
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found")
    return found


def _change(edge: Edge, form: Typed, found: Preferences) -> PreferenceChange:
    if form.one("stop"):
        return PreferenceChange(frequencies={choice.topic: "" for choice in _choices(found) if choice.frequency})
    sent = dict(form.after(FIELD))
    now_is = {choice.topic: choice.frequency or "" for choice in _choices(found)}
    language = _sent(form, "language")
    if language is not None and language != found.language and language not in edge.parts.renderer.languages:
        raise Invalid("language", "invalid_language")
    name = _sent(form, "name")
    return PreferenceChange(
        frequencies={topic: sent[topic] for topic, was in now_is.items() if sent.get(topic, was) != was},
        name=clean(name) if name is not None else None,
        language=language,
        time_zone=_sent(form, "time_zone"),
        digest_hour=_number(form, "digest_hour"),
        digest_weekday=_number(form, "digest_weekday"),
    )


def _page(request: Request, edge: Edge, found: Preferences, refusal: Invalid | None = None) -> Response:
    with edge.parts.db.reading() as session:
        face = places.by_id(session, found.site_id).face
    speaks = voice(request, edge, face, found.language)
    return edge.look.page(
        "preferences",
        speaks,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if refusal else HTTPStatus.OK,
        has=found,
        mutes=readers.mutes_of(edge.parts, found.subscriber_id),
        token=request.path_params["token"],
        field=FIELD,
        frequencies=list(Frequency),
        zones=_zones(speaks.language, found.time_zone),
        weekdays=_week(speaks.language),
        languages=_languages(edge, found.language),
        is_saved=request.query_params.get("saved") == "1" and refusal is None,
        error=refusal,
    )


def _choices(found: Preferences) -> Iterator[Choice]:
    yield from found.categories
    yield from found.threads


def _sent(form: Typed, name: str) -> str | None:
    return form.one(name) if form.many(name) else None


def _number(form: Typed, name: str) -> int | None:
    raw = _sent(form, name)
    if raw is None:
        return None
    if not (raw.isdecimal() and len(raw) <= 2):  # noqa: PLR2004 - no hour or weekday is longer
        raise Invalid("digest_hour", "invalid_hour")
    return int(raw)


def _languages(edge: Edge, own: str) -> list[tuple[str, str]]:
    spoken = sorted({*edge.parts.renderer.languages, own})
    return [(tag, str(locale_of(tag).get_language_name())) for tag in spoken]


def _week(language: str) -> list[int]:
    """The weekdays, 0 is Monday, from the day that opens the week."""
    first = locale_of(language).first_week_day
    return [(first + day) % 7 for day in range(7)]


@lru_cache(maxsize=256)
def _zones(language: str, own: str) -> tuple[tuple[str, str], ...]:
    """Zones with the names of their cities, in the order of the alphabet; the reader's own is always among them."""
    locale = locale_of(language)
    named = {zone: str(get_timezone_location(zone, locale=locale, return_city=True)) for zone in {*ZONES, own}}
    return tuple(sorted(named.items(), key=lambda pair: pair[1]))
