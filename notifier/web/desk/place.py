"""Which site a page of the desk is about, and how an address looks to whom."""

from http import HTTPStatus

from sqlalchemy import select

from notifier.consent.preferences import mask
from notifier.domain.desk_words import Role
from notifier.models import Site
from notifier.web.desk.gate import PREFIX, Entered
from notifier.web.edge import Edge
from notifier.web.problems import Problem


def site_of(edge: Edge, slug: str) -> Site:
    """The site of this slug. Raises Problem for one that is not there."""
    with edge.parts.db.reading() as session:
        site = session.scalar(select(Site).where(Site.slug == slug))
    if site is None:
        raise Problem(HTTPStatus.NOT_FOUND, "unknown_site")
    return site


def path(slug: str, rest: str) -> str:
    """The address of a page below a site's."""
    return f"{PREFIX}/at/{slug}{rest}"


def seen_by(entered: Entered, address: str) -> str:
    """An address as this role may see it: an analyst's figures need none."""
    return address if may_see(entered) else mask(address)


def may_see(entered: Entered) -> bool:
    """Whether this role sees addresses."""
    return entered.seat.role.may_act_as(Role.EDITOR)
