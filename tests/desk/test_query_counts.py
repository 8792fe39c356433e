"""No page of the desk asks the database more often because there is more to show."""

import re
from collections import Counter
from collections.abc import Iterator

import pytest
from sqlalchemy import event

from notifier.domain.desk_words import Role
from notifier.domain.traces import Tracking
from notifier.models import Site
from tests.desk.conftest import Desk, Somebody
from tests.desk.crowd import FIRST, Crowd
from tests.desk.test_roles import routes

FEW, MANY = 20, 400
IS_STREAM = {"/desk/at/{site}/deliveries/{send}/progress"}
"""Goes on as long as somebody looks."""
NOT_FOR_US = {
    "/desk/login", "/desk/code", "/desk/welcome/{token}", "/desk/sso", "/desk/sso/back", "/desk/enter/{token}",
}  # fmt: skip
"""Whoever is logged in is sent on."""
NAMES = {
    "site": "naba", "reader": FIRST, "issue": FIRST, "number": FIRST, "subscriber": FIRST, "endpoint": FIRST,
    "who": f"{FIRST:064x}", "article": FIRST, "send": f"digest-{FIRST}",
    "frequency": "daily", "slot": "20260701T0600Z", "chart": "letters",
}  # fmt: skip
KINDS = {"export.{kind}": ("csv", "jsonl"), "templates/{kind}": ("digest",)}
QUERIES = {
    "/desk/at/{site}/subscribers": (
        "sought=r1", "sought=nobody", f"topic={FIRST}", f"tag={FIRST}", "state=suppressed", "state=pending",
        "language=ar",
    ),
    "/desk/at/{site}/deliveries/{send}": ("state=failed", "state=queued", "state=failed&reason=refused"),
    "/desk/at/{site}/issues/{issue}/edit": ("q=خبر",),
    "/desk/at/{site}/issues/{issue}/count": (
        "topic=category:c1000", "source=form", "alive_days=30", f"tag=وسم {FIRST}", "tag=وسم 1&tag=وسم 2",
    ),
    "/desk/at/{site}/subscribers/export.{kind}": ("sought=r1", "language=ar"),
    "/desk/at/{site}/issues/{issue}/preview": (f"reader={FIRST}",),
    "/desk/at/{site}/charts/{chart}.csv": (),
    "/desk/at/{site}/suppressions": ("kind=domains",),
}  # fmt: skip


def paths() -> Iterator[str]:
    """Every page that can be looked at, about the first of each kind."""
    for route in routes():
        if "GET" not in (route.methods or ()) or route.path in IS_STREAM | NOT_FOR_US:
            continue
        kinds = next((words for end, words in KINDS.items() if end in route.path), ("",))
        for kind in kinds:
            path = re.sub(r"\{(\w+)\}", lambda part: str(NAMES.get(part[1], kind)), route.path)  # noqa: B023 - used at once
            yield path.removeprefix("/desk")
            yield from (f"{path}?{query}".removeprefix("/desk") for query in QUERIES.get(route.path, ()))


def sealed(desk: Desk, path: str) -> str:
    """A page's address with what is looked for as its form would have it."""
    sealer, about = desk.visit.parts.sealer, f"sought:{desk.visit.site_id}:open"
    return re.sub(r"sought=(\w+)", lambda words: f"sought={sealer.seal(words[1], about)}", path)


def asked(desk: Desk, owner: Somebody) -> dict[str, Counter[str]]:
    """What each page asks, by statement."""
    heard: list[str] = []

    def hear(_connection: object, _cursor: object, words: str, *_: object) -> None:
        heard.append(words)

    found: dict[str, Counter[str]] = {}
    engine = desk.visit.parts.db.engine
    event.listen(engine, "before_cursor_execute", hear)
    try:
        for path in paths():
            heard.clear()
            answer = owner.get(sealed(desk, path))
            assert answer.status_code == 200, (path, answer.status_code, answer.headers.get("location"))
            found[path] = Counter(heard)
    finally:
        event.remove(engine, "before_cursor_execute", hear)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_page_asks_more_often_for_more_rows(desk: Desk) -> None:
    owner, visit = desk.add(Role.OWNER), desk.visit
    with visit.parts.db.writing() as session:
        session.get_one(Site, visit.site_id).tracking = Tracking.COUNTS
    crowd = Crowd(visit.parts, visit.site_id, visit.now)
    crowd.grow(FEW)
    few = asked(desk, owner)
    crowd.grow(MANY)
    many = asked(desk, owner)
    grown = {path: many[path] - few[path] for path in few if many[path].total() > few[path].total()}
    assert not grown
    assert len(few) > 40
