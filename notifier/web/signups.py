"""The subscribe box's API: what a page may offer its readers, and their sign-ups."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any, Final, Self

from anyio import from_thread
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import JSONResponse

from notifier.consent.signup import TOPICS_MAX, Invalid
from notifier.domain import puzzle, topics
from notifier.domain.weburl import origin_of
from notifier.domain.words import Frequency
from notifier.web import boxes, wording
from notifier.web.answers import error_body
from notifier.web.asking import Better, Filled, ask
from notifier.web.bodies import ErrorBody
from notifier.web.boxes import Asked, Box
from notifier.web.edge import Edge, Here, foreign, languages, voice
from notifier.web.fields import CLEAN
from notifier.web.look import PLAIN_HEADERS
from notifier.web.places import Place
from notifier.web.problems import Problem
from notifier.web.shield import Attempt, Trial, Verdict

ASKED_MAX: Final = 4000
PREFLIGHT_S: Final = 7200
Word = Annotated[str, StringConstraints(max_length=64), CLEAN]


class PuzzleBody(BaseModel):
    """Find the number from 0 to `most` for which the SHA-256 of `salt` and its decimal digits is `target`."""

    salt: str
    target: str
    most: int
    token: str

    @classmethod
    def of(cls, made: puzzle.Puzzle) -> Self:
        """As the wire has it."""
        return cls(**asdict(made))


class OfferBody(BaseModel):
    """Something to follow: what a sign-up names, and what readers see."""

    topic: str
    label: str


class BoxBody(BaseModel):
    """All that a subscribe box shows."""

    is_thread: bool
    """Whether the article is known: the first offers are its discussion, and answers to one's own comments there."""
    offers: list[OfferBody]
    wanted: list[str]
    """What is ticked beforehand."""
    frequencies: list[tuple[str, str]]
    frequency: str
    languages: list[tuple[str, str]]
    words: dict[str, str]
    wait_ms: int
    """Least time between this answer and the sign-up."""
    puzzle: PuzzleBody


class SignUpBody(BaseModel):
    """A filled box, with the number that solves its puzzle."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [{"address": "layla@example.org", "topics": ["category:سياسة"], "frequency": "daily"}]
        },
    )

    address: Annotated[str, StringConstraints(max_length=320), CLEAN] = Field(repr=False)
    topics: Annotated[
        list[Annotated[str, StringConstraints(max_length=topics.NAME_MAX), CLEAN]], Field(max_length=TOPICS_MAX)
    ]
    frequency: Word
    language: Word = ""
    time_zone: Word = ""
    ticked: Annotated[
        list[Annotated[str, StringConstraints(max_length=topics.NAME_MAX), CLEAN]], Field(max_length=TOPICS_MAX)
    ] = []
    """What was ticked beforehand, as `wanted` told."""
    typo: Word = ""
    """`accept` or `keep`, when the last answer offered a better address."""
    website: Annotated[str, StringConstraints(max_length=2000), CLEAN] = ""
    """A field that people do not see and programs fill in."""
    token: Annotated[str, StringConstraints(max_length=400), CLEAN]
    number: Annotated[int, Field(ge=0, lt=10**puzzle.DIGITS_MAX, strict=True)]


class SentBody(BaseModel):
    """The one answer, whatever is known of the address."""

    title: str
    text: str
    hint: str


class NotYetBody(BaseModel):
    """Why a sign-up was not noted, and what would help."""

    error: ErrorBody
    better: str = ""
    """What the address was most likely meant to be: send it again with `typo`."""
    puzzle: PuzzleBody | None = None
    """Solve this one and send the same again."""


def guest(request: Request, edge: Here, site: str) -> Place:
    """The site, for a page that may show its box. Raises Problem for a page of any other origin.

    Who sends no Origin is no page: a program can lie about it, and is stopped by the puzzle instead.
    """
    request.state.foreign = {"Vary": "Origin"}
    place = boxes.site(edge, site)
    origin = request.headers.get("origin")
    if origin is not None:
        if origin not in place.origins | {origin_of(edge.parts.settings.base_url)}:
            raise Problem(HTTPStatus.FORBIDDEN, "error_origin", field="Origin")
        request.state.foreign = {"Vary": "Origin", "Access-Control-Allow-Origin": origin}
    return place


Guest = Annotated[Place, Depends(guest)]
_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": NotYetBody} for status in (400, 403, 404, 409, 413, 422, 429)
}
router = APIRouter(prefix="/api/v1/sites/{site}", tags=["sign-ups"], responses=_REFUSALS)


@router.get("/box", response_model=BoxBody)
def get_box(
    request: Request,
    edge: Here,
    place: Guest,
    article: Annotated[str, StringConstraints(max_length=ASKED_MAX), CLEAN] = "",
    categories: Annotated[str, StringConstraints(max_length=ASKED_MAX), CLEAN] = "",
) -> Response:
    """What this page may offer: the discussion of its article, once that is known, and its sections."""
    speaks = voice(request, edge, place.face)
    say = edge.look.sentences
    box = boxes.box(edge, place, Asked.of(article, categories))
    body = BoxBody(
        is_thread=box.is_thread,
        offers=_offers(edge, box, speaks.language),
        wanted=list(box.wanted),
        frequencies=[(one.value, say.plain(speaks.language, f"frequency_{one}")) for one in Frequency],
        frequency=Frequency.INSTANT if box.is_thread else Frequency.DAILY,
        languages=languages(edge),
        words=wording.of_box(edge, speaks.language, place.face.name, is_thread=box.is_thread),
        wait_ms=int(edge.parts.settings.signup_fill_s * 1000),
        puzzle=PuzzleBody.of(edge.shield.puzzle(place.id, edge.clock())),
    )
    return _answer(request, body)


@router.post("/signups", response_model=SentBody)
def post_signup(request: Request, edge: Here, place: Guest, body: SignUpBody) -> Response:
    """Note a sign-up; the answer is the same whatever is known of the address."""
    speaks, now, ip = voice(request, edge, place.face), edge.clock(), edge.proxies.client_ip(request)
    filled = Filled(
        address=body.address,
        topics=tuple(body.topics),
        frequency=body.frequency,
        typo=body.typo,
        language=edge.look.sentences.supported(body.language) or "",
        spoken=speaks.language,
        source="widget",
        ip=ip,
        time_zone=body.time_zone,
        ticked=tuple(body.ticked),
    )

    def prove(address: str) -> Trial | None:
        return edge.shield.worked(Attempt(place.id, ip, address, token=body.token, number=body.number), now)

    try:
        verdict = Verdict.QUIET if body.website else from_thread.run(ask, edge, place, filled, prove)
    except Invalid as refusal:
        return _not_yet(request, edge, Problem(HTTPStatus.UNPROCESSABLE_ENTITY, refusal.key, field=refusal.field))
    except Better as found:
        values = {"address": found.address}
        problem = Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "address_better", field="address", values=values)
        return _not_yet(request, edge, problem, better=found.address)
    if verdict is Verdict.AGAIN:
        fresh = PuzzleBody.of(edge.shield.puzzle(place.id, now))
        return _not_yet(request, edge, Problem(HTTPStatus.CONFLICT, "press_again"), puzzle=fresh)
    if verdict is Verdict.LIMITED:
        again = {"Retry-After": "3600"}
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, "error_too_many", headers=again, face=place.face)
    said = (edge.look.sentences.plain(speaks.language, f"sent_{part}") for part in ("title", "text", "hint"))
    return _answer(request, SentBody(**dict(zip(("title", "text", "hint"), said, strict=True))))


@router.options("/box", include_in_schema=False)
@router.options("/signups", include_in_schema=False)
def preflight(request: Request, place: Guest) -> Response:
    """Whether a page of another origin may ask (Fetch, section 4.8)."""
    del place
    allowed = {
        "Access-Control-Allow-Methods": "GET, POST",
        "Access-Control-Allow-Headers": "Content-Type",
        "Access-Control-Max-Age": str(PREFLIGHT_S),
    }
    return Response(status_code=HTTPStatus.NO_CONTENT, headers={**foreign(request), **allowed})


def _offers(edge: Edge, box: Box, language: str) -> list[OfferBody]:
    say, site = edge.look.sentences, box.place.face.name
    labels = [say.plain(language, one.key, site=site) if one.key else one.label for one in box.offers]
    return [OfferBody(topic=one.topic, label=label) for one, label in zip(box.offers, labels, strict=True)]


def _not_yet(
    request: Request, edge: Edge, problem: Problem, better: str = "", puzzle: PuzzleBody | None = None
) -> Response:
    # No language asked for: the site's own, as on its pages; a program's Accept-Language is not its reader's.
    body = NotYetBody(error=error_body(request, edge, problem), better=better, puzzle=puzzle)
    return _answer(request, body, problem.status_code)


def _answer(request: Request, body: BaseModel, status: int = HTTPStatus.OK) -> Response:
    return JSONResponse(body.model_dump(mode="json"), status, headers={**PLAIN_HEADERS, **foreign(request)})
