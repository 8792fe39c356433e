"""What is looked for in the list of readers, as the address of a page carries it: its words sealed.

What is typed may be somebody's address, and addresses stand in no log of URLs and in no browser's history.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from fastapi import Request

from notifier.web.desk.gate import Entered
from notifier.web.desk.place import may_see
from notifier.web.edge import Edge
from notifier.web.problems import Problem
from notifier.web.wire import Typed

FILTERS: Final = ("topic", "language", "state", "tag", "since")
FIELDS: Final = ("words", *FILTERS)


def typed(form: Typed) -> dict[str, str]:
    """As a form has it."""
    return {name: form.one(name) for name in FIELDS}


def asked(edge: Edge, entered: Entered, site_id: int, request: Request) -> dict[str, str]:
    """As the address of a page has it. Raises Problem for words that we did not seal: left out, all would be found."""
    query = request.query_params
    sealed = query.get("sought", "")
    words = edge.parts.sealer.open(sealed, _about(entered, site_id)) if sealed else ""
    if words is None:
        raise Problem(HTTPStatus.NOT_FOUND, "error_not_found")
    return {"words": words, **{name: query.get(name, "") for name in FILTERS}}


def query_of(edge: Edge, entered: Entered, site_id: int, given: Mapping[str, str]) -> str:
    """The query of a page's address."""
    words = given["words"].strip()
    sealed = edge.parts.sealer.seal(words, _about(entered, site_id)) if words else ""
    kept = {"sought": sealed, **{name: given[name] for name in FILTERS}}
    return urlencode({name: value for name, value in kept.items() if value})


def _about(entered: Entered, site_id: int) -> str:
    """Editors may pass a link on to each other; to somebody who sees no addresses it does not open."""
    return f"sought:{site_id}:{'open' if may_see(entered) else 'masked'}"
