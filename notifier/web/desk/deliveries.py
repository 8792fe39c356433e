"""Sends and their letters: the balance of each, how fast it goes, who got it, and who did not and why."""

from fastapi import APIRouter, Request, Response

from notifier import deliveries
from notifier.domain.desk_words import Role
from notifier.domain.words import Reason, State
from notifier.stages import sends
from notifier.stages.sends import Filter, Send, SendKey
from notifier.web.desk import live
from notifier.web.desk.csv_file import csv_file
from notifier.web.desk.gate import PREFIX, Analyst, Entered, scene
from notifier.web.desk.progress_words import Words
from notifier.web.desk.whose import missing, number, site_id
from notifier.web.edge import LOOKING, Edge, Here

router = APIRouter(prefix=f"{PREFIX}/at/{{site}}/deliveries", include_in_schema=False)

ALL_MOST = 100_000
STATES = ("planned", "sent", "failed", "dropped", "expired")


@router.api_route("", methods=LOOKING)
def show(request: Request, edge: Here, entered: Analyst, site: str) -> Response:
    """Sends, the newest first, or those before `?before=`."""
    here = scene(edge, entered, "deliveries", site)
    with edge.parts.db.reading() as session:
        found = sends.sends(session, site_id(edge, site), number(request, "before"))
    onward = found[-1].last_id if len(found) == sends.PAGE else 0
    said = request.query_params.get("said", "")
    return edge.desk.page("deliveries", here, sends=found, onward=onward, may_search=may_see(entered), said=said)


@router.api_route("/sends.csv", methods=LOOKING)
def give_sends(edge: Here, entered: Analyst, site: str) -> Response:
    """All sends as a file."""
    del entered
    with edge.parts.db.reading() as session:
        found = sends.sends(session, site_id(edge, site), most=ALL_MOST)
    rows = (
        (one.key.slug, one.title, one.frequency, one.at, *(getattr(one.page.balance, name) for name in STATES),
         one.page.balance.open)
        for one in found
    )  # fmt: skip
    return csv_file(f"{site}-sends", ("send", "title", "frequency", "at", *STATES, "waiting"), rows)


@router.api_route("/{send}", methods=LOOKING)
def show_one(request: Request, edge: Here, entered: Analyst, site: str, send: str) -> Response:
    """One send: how far it is, and its letters; `?state=`, `?reason=` and `?after=` choose some."""
    here, ours = scene(edge, entered, "deliveries", site), site_id(edge, site)
    found, wanted = the_send(edge, ours, send), wanted_by(request)
    with edge.parts.db.reading() as session:
        rows = sends.letters(session, ours, found, wanted, number(request, "after"))
    words = Words(edge.desk, here)
    return edge.desk.page(
        "send",
        here,
        send=found,
        balance=found.page.balance,
        ended=sorted(found.page.ended.items(), key=lambda one: -one[1]),
        wanted=wanted,
        rows=rows,
        onward=rows[-1].id if len(rows) == sends.PAGE_OF_LETTERS else 0,
        words=words.still(found.page.balance),
        may_see=may_see(entered),
        said=number(request, "retried") if "retried" in request.query_params else None,
    )


@router.api_route("/{send}/letters.csv", methods=LOOKING)
def give_letters(request: Request, edge: Here, entered: Analyst, site: str, send: str) -> Response:
    """The letters of a send as a file; addresses are for editors only, and whoever takes them along is noted."""
    ours = site_id(edge, site)
    found, wanted = the_send(edge, ours, send), wanted_by(request)
    sees = may_see(entered)
    if sees and request.method == "GET":
        deliveries.note_export(edge.parts, ours, send, entered.seat.actor, edge.clock())
    rows = (
        (one.id, one.subscriber_id, *([one.address] if sees else []), one.state, one.reason, one.attempts,
         one.detail if sees else "", one.created_at, one.finished_at)
        for one in deliveries.every_row(edge.parts, ours, found, wanted)
    )  # fmt: skip
    head = ("delivery", "subscriber", *(["address"] if sees else []), "state", "reason", "attempts", "server said")
    return csv_file(f"{site}-{send}", (*head, "planned", "ended"), rows)


@router.api_route("/{send}/progress", methods=["GET"])
def watch(request: Request, edge: Here, entered: Analyst, site: str, send: str) -> Response:
    """How far it is, every second, as server-sent events."""
    ours = site_id(edge, site)
    key = the_send(edge, ours, send).key

    def look() -> tuple[int, int] | None:
        with edge.parts.db.reading() as session:
            found = sends.find(session, ours, key)
        return (found.page.balance.done, found.page.balance.planned) if found else None

    words = Words(edge.desk, scene(edge, entered, "deliveries", site))
    return live.events(request, look, words.moving)


def the_send(edge: Edge, ours: int, slug: str) -> Send:
    """The send of this name. Raises Problem."""
    key = SendKey.of(slug)
    with edge.parts.db.reading() as session:
        found = sends.find(session, ours, key) if key else None
    if found is None:
        raise missing()
    return found


def wanted_by(request: Request) -> Filter:
    """The letters that an address asks for; what it names wrongly is not asked for."""
    state, reason = request.query_params.get("state", ""), request.query_params.get("reason", "")
    return Filter(State(state) if state in set(State) else None, Reason(reason) if reason in set(Reason) else None)


def may_see(entered: Entered) -> bool:
    """Whether addresses are shown to them."""
    return entered.seat.role.may_act_as(Role.EDITOR)
