"""Who a site is, by the JSON API: names, sender, looks, hours; changed by the rules of the desk."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StringConstraints
from starlette.responses import JSONResponse

from notifier.domain.traces import Tracking
from notifier.domain.words import Calendar, Digits
from notifier.models import Site
from notifier.site_rules import NO_LOGO, SiteInvalid, fetched_logo
from notifier.sites import SiteChange, amend_site
from notifier.web.edge import Here
from notifier.web.fields import CLEAN, Address, Strict
from notifier.web.json_api.answering import PREFIX, REFUSALS, answer, wrong
from notifier.web.json_api.sources import Onlooker, Owner

router = APIRouter(prefix=f"{PREFIX}/identity", tags=["identity"], responses=REFUSALS)

Words = Annotated[str, StringConstraints(max_length=2000, strip_whitespace=True), CLEAN]
"""How long each may be is the site's own rule, as at the desk."""


class Identity(BaseModel):
    """Who a site is."""

    model_config = ConfigDict(from_attributes=True)

    slug: str
    name: str
    language: str
    time_zone: str
    url: str
    sender_name: str
    sender_address: str
    postal_address: str
    colour: str
    logo_url: str
    logo_width: int
    logo_height: int
    digest_hour: int
    """Of new readers."""
    digest_weekday: int
    """Of new readers; 0 is Monday."""
    digits: Digits
    calendar: Calendar
    sends_welcome: bool
    sends_goodbye: bool
    origins: list[str]
    """Where else than at `url` its subscribe box may stand."""
    replies_url: str
    """Where what readers answer by mail is posted."""
    tracking: Tracking
    """What it may learn of opens and clicks."""


class IdentityBody(Strict):
    """What shall be otherwise; what is left out stays as it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "صحيفة الرافدين", "sender_name": "الرافدين", "sender_address": "news@rafidain.example",
                    "colour": "#0f5c7a", "logo_url": "https://rafidain.example/logo.png", "digest_hour": 8,
                }
            ]
        }
    )  # fmt: skip

    name: Words | None = None
    language: Words | None = None
    time_zone: Words | None = None
    url: Words | None = None
    sender_name: Words | None = None
    sender_address: Address | None = None
    postal_address: Words | None = None
    colour: Words | None = None
    logo_url: Words | None = None
    """Its size is looked up; empty for none."""
    digest_hour: StrictInt | None = None
    digest_weekday: StrictInt | None = None
    digits: Digits | None = None
    calendar: Calendar | None = None
    sends_welcome: StrictBool | None = None
    sends_goodbye: StrictBool | None = None
    origins: Annotated[tuple[Words, ...], Field(max_length=100)] | None = None
    replies_url: Words | None = None
    tracking: Tracking | None = None
    """For less than before, what is known of readers is forgotten."""


@router.get("", response_model=Identity)
def get_identity(edge: Here, caller: Onlooker) -> JSONResponse:
    """All of it."""
    with edge.parts.db.reading() as session:
        return answer(Identity.model_validate(session.get_one(Site, caller.site_id)))


@router.put("", response_model=Identity)
def put_identity(edge: Here, caller: Owner, body: IdentityBody) -> JSONResponse:
    """Change what is named, whole or not at all."""
    given = body.model_dump(exclude={"logo_url"}, exclude_none=True)
    with edge.parts.db.reading() as session:
        shown = session.get_one(Site, caller.site_id).logo_url
    try:
        # No transaction is open while the logo is fetched, and only another one is.
        if body.logo_url is not None and body.logo_url != shown:
            given["logo"] = fetched_logo(edge.parts.fetch, body.logo_url) if body.logo_url else NO_LOGO
        with edge.parts.db.writing() as session:
            row = session.get_one(Site, caller.site_id, with_for_update=True)
            amend_site(session, row, SiteChange(**given), caller.actor, edge.clock())
            return answer(Identity.model_validate(row))
    except SiteInvalid as refusal:
        field = "logo_url" if refusal.field.startswith("logo") else refusal.field
        raise wrong(f"setup.bad_{refusal.field}", field) from None
