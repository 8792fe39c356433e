"""The site that a page of the desk is about, and the numbers in a page's address."""

from http import HTTPStatus

from fastapi import Request
from sqlalchemy import select

from notifier.domain.text.digits import western
from notifier.models import Site
from notifier.web.edge import Edge
from notifier.web.problems import Problem

DIGITS_MAX = 18
"""Fits a BIGINT."""


def site_id(edge: Edge, slug: str) -> int:
    """Its id. Raises Problem for a site that is not there."""
    with edge.parts.db.reading() as session:
        found = session.scalar(select(Site.id).where(Site.slug == slug))
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, "unknown_site")
    return found


def number(request: Request, name: str) -> int:
    """A whole number of the query; 0 where there is none."""
    return whole(request.query_params.get(name, ""))


def whole(text: str) -> int:
    """A whole number somebody wrote, in whatever digits; 0 for anything else."""
    latin = western(text.strip())
    return int(latin) if latin.isascii() and latin.isdecimal() and len(latin) <= DIGITS_MAX else 0


def missing() -> Problem:
    """There is no such page."""
    return Problem(HTTPStatus.NOT_FOUND, "error_not_found")
