"""What goes out next by the JSON API: the digests and issues ahead, and what editors decide about a digest."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from notifier import digests
from notifier.digests import ITEMS_MAX, MOMENT, GivenUpError, Looked, Order, Place, TooLateError
from notifier.domain.desk_words import IssueState
from notifier.domain.words import Frequency
from notifier.models import Site
from notifier.stages.plan.outlook import Entry, Slot
from notifier.stages.plan.upcoming import Coming
from notifier.stages.render import RenderFailed
from notifier.web.edge import Edge, Here
from notifier.web.fields import Guid, Strict
from notifier.web.json_api.answering import PREFIX, REFUSALS, answer, missing, out_of_turn
from notifier.web.json_api.deliveries import Editor, Onlooker
from notifier.web.json_api.finding import article_ids
from notifier.web.json_api.reader_bodies import Language
from notifier.web.keys import Caller
from notifier.web.problems import DESK, Problem

router = APIRouter(prefix=f"{PREFIX}/calendar", tags=["calendar"], responses=REFUSALS)
Often = Annotated[Literal["hourly", "daily", "weekly"], Path()]
At = Annotated[
    str, Path(pattern=r"^20\d{6}T\d{4}Z$", description="Its moment in UTC.", examples=["20261201T0500Z"])
]  # fmt: skip
Guids = Annotated[tuple[Guid, ...], Field(max_length=ITEMS_MAX)]


class SlotBody(BaseModel):
    """A digest that will go out, or would."""

    model_config = ConfigDict(from_attributes=True)

    slot: str
    """Its name, as paths have it: `daily/20261201T0500Z`."""
    frequency: Frequency
    at: datetime
    readers: int
    articles: int
    """So far."""
    is_held: bool
    is_arranged: bool

    @classmethod
    def of(cls, one: Slot) -> Self:
        """As the outlook tells it."""
        return cls(
            slot=digests.name(one), frequency=one.frequency, at=one.at, readers=one.readers, articles=one.articles,
            is_held=one.is_held, is_arranged=one.is_arranged,
        )  # fmt: skip


class ComingBody(BaseModel):
    """An issue that will go out, or whose letters are not all planned."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    title: str
    state: IssueState
    at: datetime
    until: datetime
    articles: int


class Calendar(BaseModel):
    """The next days."""

    digests: list[SlotBody]
    held: list[SlotBody]
    """Those whose hour has come and that are held back."""
    issues: list[ComingBody]


class EntryBody(BaseModel):
    """An article of a digest."""

    model_config = ConfigDict(from_attributes=True)

    guid: str
    title: str
    topics: list[str]
    announced_at: datetime
    fate: Literal["in", "dropped", "postponed"]
    position: int
    """Its place among the pinned, from 1; 0 for those that come by their time."""

    @classmethod
    def of(cls, one: Entry) -> Self:
        """As the outlook tells it."""
        return cls.model_validate(one)


class Digest(BaseModel):
    """One digest, looked into: its articles in the order of the letter, then those left out."""

    slot: str
    is_held: bool
    is_planned: bool
    """Then nothing can be changed any more."""
    articles: list[EntryBody]

    @classmethod
    def of(cls, place: Place, found: Looked) -> Self:
        """As the act tells it."""
        return cls(
            slot=digests.name(place), is_held=found.is_held, is_planned=found.is_planned,
            articles=[EntryBody.of(one) for one in found.entries],
        )  # fmt: skip


class OrderBody(Strict):
    """What its letters show first, what they leave out, and what waits for the next one; by guid, anew each time."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"pinned": ["164", "171"], "dropped": ["158"], "postponed": []}]}
    )

    pinned: Guids = ()
    dropped: Guids = ()
    postponed: Guids = ()


class DigestLetter(BaseModel):
    """A digest's letter as a reader would get it now."""

    html: str


@router.get("", response_model=Calendar)
def get_calendar(edge: Here, caller: Onlooker) -> JSONResponse:
    """The digests and issues of the next days."""
    ahead = digests.ahead(edge.parts, caller.site_id, edge.clock())
    return answer(
        Calendar(
            digests=[SlotBody.of(one) for one in ahead.slots],
            held=[SlotBody.of(one) for one in ahead.held],
            issues=[_coming(one) for one in ahead.issues],
        )
    )


@router.get("/{frequency}/{at}", response_model=Digest)
def get_digest(edge: Here, caller: Onlooker, frequency: Often, at: At) -> JSONResponse:
    """What it has so far."""
    return _digest(edge, _place(caller, frequency, at))


@router.put("/{frequency}/{at}", response_model=Digest)
def arrange_digest(edge: Here, caller: Editor, frequency: Often, at: At, body: OrderBody) -> JSONResponse:
    """Decide on its order, and on what is left out; 409 once its letters are planned."""
    place = _place(caller, frequency, at)
    with edge.parts.db.reading() as session:
        order = Order(
            *(
                article_ids(session, caller.site_id, getattr(body, one), one)
                for one in ("pinned", "dropped", "postponed")
            )
        )
    try:
        digests.arrange(edge.parts, place, order, caller.actor, edge.clock())
    except TooLateError:
        raise Problem(HTTPStatus.CONFLICT, f"{DESK}calendar.too_late") from None
    return _digest(edge, place)


@router.get("/{frequency}/{at}/letter", response_model=DigestLetter)
def preview_digest(
    edge: Here, caller: Onlooker, frequency: Often, at: At, language: Language = "",
    topic: Annotated[str, Query(max_length=600, description="Of a reader of this category; empty for all.")] = "",
) -> JSONResponse:  # fmt: skip
    """Its letter as a reader would get it now; 409 where there is nothing for them."""
    place = _place(caller, frequency, at)
    items = digests.look(edge.parts, place).shown(topic)
    if not items:
        raise Problem(HTTPStatus.CONFLICT, f"{DESK}calendar.no_letter")
    try:
        html = digests.preview(edge.parts, place, language or _language(edge, caller), items, edge.clock())
    except RenderFailed:
        raise out_of_turn() from None
    return answer(DigestLetter(html=html))


@router.post("/{frequency}/{at}/{act}", response_model=Digest)
def act_on_digest(
    edge: Here, caller: Editor, frequency: Often, at: At, act: Literal["hold", "release"]
) -> JSONResponse:  # fmt: skip
    """Hold it back, or let it go; what is held until it is too late comes with the next one."""
    place, by, now = _place(caller, frequency, at), caller.actor, edge.clock()
    try:
        (digests.hold if act == "hold" else digests.release)(edge.parts, place, by, now)
    except TooLateError:
        raise Problem(HTTPStatus.CONFLICT, f"{DESK}calendar.too_late") from None
    except GivenUpError:
        raise Problem(HTTPStatus.CONFLICT, f"{DESK}calendar.given_up") from None
    return _digest(edge, place)


def _coming(one: Coming) -> ComingBody:
    return ComingBody.model_validate(one)


def _digest(edge: Edge, place: Place) -> JSONResponse:
    return answer(Digest.of(place, digests.look(edge.parts, place)))


def _place(caller: Caller, frequency: str, at: str) -> Place:
    try:
        return Place(caller.site_id, Frequency(frequency), datetime.strptime(at, MOMENT).replace(tzinfo=UTC))
    except ValueError:
        raise missing() from None


def _language(edge: Edge, caller: Caller) -> str:
    with edge.parts.db.reading() as session:
        return session.get_one(Site, caller.site_id).language
