"""The site's issues, and one of them: how far it has come, and what may be done with it."""

from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request, Response

from notifier.domain.desk_words import IssueState, Role
from notifier.domain.issues import Audience, Composed
from notifier.domain.text.dates import Dates
from notifier.domain.traces import Tracking
from notifier.domain.words import Digits
from notifier.issues import compose, interest, reading
from notifier.issues.waves import rests_waiting
from notifier.web.desk.gate import Analyst, Editor
from notifier.web.desk.issues.ground import ISSUES, ground, see, the_issue
from notifier.web.desk.issues.whom import lines
from notifier.web.edge import LOOKING, Here

router = APIRouter(prefix=ISSUES, include_in_schema=False)
REFUSALS: Final = frozenset(
    {
        "title_missing", "title_long", "subjects_many", "intro_long", "language_unknown", "cover_wrong", "sample_wrong",
        "days_wrong", "audience_long", "audience_language", "audience_source", "items_many", "closed", "state", "empty",
        "past", "winner_late",
        "unschedule_first", "trials_many", "unmade", "when_wrong",
    }
)  # fmt: skip
"""The keys of sentences that a page may be asked to show."""


@router.api_route("", methods=LOOKING)
def show_list(request: Request, edge: Here, entered: Analyst, site: str) -> Response:
    """Issues, the newest first; `?before=` goes on below an id."""
    on = ground(edge, entered, site)
    before = request.query_params.get("before", "")
    with edge.parts.db.reading() as session:
        rows = reading.listed(session, on.site.id, int(before[:9]) if before.isdecimal() else 0)
        balances = reading.balances(session, [one.id for one in rows])
    onward = rows[-1].id if len(rows) == reading.PAGE else 0
    return edge.desk.page("issues", on.scene, root=on.root, rows=rows, balances=balances, onward=onward)


@router.post("")
def begin(edge: Here, entered: Editor, site: str) -> Response:
    """A new draft, called by the day: its title is what an editor writes first."""
    on, now = ground(edge, entered, site), edge.clock()
    spoken = edge.parts.renderer.languages
    language = on.site.language if on.site.language in spoken else "ar"
    title = edge.desk.spoken(on.scene).plain("issues.untitled", site=on.site.name)
    made = compose.begin(edge.parts, on.site.id, Composed(title, language), entered.seat.actor, now)
    return see(on.page(made, "/edit"))


@router.api_route("/{issue}", methods=LOOKING)
def show(request: Request, edge: Here, entered: Analyst, site: str, issue: int) -> Response:
    """How far an issue has come, and its acts."""
    on = ground(edge, entered, site)
    row = the_issue(edge, on, issue)
    with edge.parts.db.reading() as session:
        items, waves, rests = (
            reading.items(session, issue),
            reading.waves(session, issue),
            rests_waiting(session, issue),
        )
        page = reading.page(session, issue)
        labels = dict(reading.categories(session, on.site.id))
        is_counted = on.site.tracking is not Tracking.OFF
        told = interest.of_issue(session, issue) if is_counted and row.begun_at else None
    reasons = [(*one.split(": "), count) for one, count in sorted(page.reasons.items(), key=lambda one: -one[1])]
    return edge.desk.page(
        "issue", on.scene, root=on.page(issue), issue=row, items=items, waves=waves, balance=page.balance,
        reasons=reasons, refused=asked_refusal(request),
        whom_lines=lines(Audience.stored(row.audience), labels, edge.desk.spoken(on.scene)),
        may_edit=entered.seat.role.may_act_as(Role.EDITOR),
        is_going=row.state in {IssueState.SCHEDULED, IssueState.SENDING, IssueState.PAUSED},
        local_when=_wall(row.local_at, entered.seat.language) if row.local_at else "",
        is_counted=is_counted, tracking=on.site.tracking, interest=told,
        rest_waits=rests > 0, is_provisional=rests > 0 and row.winner is not None and not row.is_winner_known,
    )  # fmt: skip


def _wall(at: datetime, language: str) -> str:
    """A wall clock's time, as if it stood in Greenwich."""
    return Dates(language, Digits.LOCALE, "UTC").full(at)


def asked_refusal(request: Request) -> str:
    """The sentence that the last act left for this page."""
    key = request.query_params.get("refused", "")
    return key if key in REFUSALS else ""
