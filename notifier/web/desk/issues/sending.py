"""Send an issue, stop it, go on: the page that says how many people it is for, and every button after it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from notifier.domain.issues import Audience, IssueRefused, When
from notifier.domain.schedule import local
from notifier.issues import compose, reading
from notifier.issues import sending as acts
from notifier.issues.reading import Reach
from notifier.web.desk.gate import Editor
from notifier.web.desk.issues.ground import ISSUES, act, ground, see, the_issue, which
from notifier.web.desk.issues.listing import asked_refusal
from notifier.web.desk.issues.whom import lines
from notifier.web.edge import LOOKING, Form, Here
from notifier.web.wire import Typed

router = APIRouter(prefix=f"{ISSUES}/{{issue}}", include_in_schema=False)


@router.api_route("/send", methods=LOOKING)
def ask(request: Request, edge: Here, entered: Editor, site: str, issue: int) -> Response:
    """How many people it is for, and when it shall go; `?exact=1` counts where there are very many."""
    on = ground(edge, entered, site)
    row = the_issue(edge, on, issue)
    if not row.state.is_open:
        return see(on.page(issue))
    audience = Audience.stored(row.audience)
    with edge.parts.db.reading() as session:
        labels = dict(reading.categories(session, on.site.id))
        counted = request.query_params.get("exact") and reading.count(session, on.site.id, audience, edge.clock())
    reached = Reach(counted) if counted else reading.reach(edge.parts.db, on.site.id, audience, edge.clock())
    now = edge.clock().astimezone(ZoneInfo(on.site.time_zone)).replace(tzinfo=None)
    return edge.desk.page(
        "issue_send", on.scene, root=on.page(issue), issue=row, reached=reached,
        whom_lines=lines(audience, labels, edge.desk.spoken(on.scene)),
        refused=asked_refusal(request), least=now.isoformat(timespec="minutes"), time_zone=on.site.time_zone,
    )  # fmt: skip


@router.post("/send")
def schedule(edge: Here, entered: Editor, form: Form, site: str, issue: int) -> Response:
    """Let it go."""
    on = ground(edge, entered, site)
    of = which(edge, entered, on, issue)
    try:
        when = _when(form, on.site.time_zone)
        acts.schedule(edge.parts, of, when)
    except IssueRefused as refusal:
        return see(f"{on.page(issue, '/send')}?refused={refusal.key}")
    except LookupError:
        the_issue(edge, on, issue)
        raise
    return see(on.page(issue))


@router.post("/unschedule")
def unschedule(edge: Here, entered: Editor, site: str, issue: int) -> Response:
    """Take it off the calendar."""
    on = ground(edge, entered, site)
    of = which(edge, entered, on, issue)
    return act(on, of, lambda: acts.unschedule(edge.parts, of))


@router.post("/pause")
def pause(edge: Here, entered: Editor, site: str, issue: int) -> Response:
    """Hold it."""
    on = ground(edge, entered, site)
    of = which(edge, entered, on, issue)
    return act(on, of, lambda: acts.pause(edge.parts, of))


@router.post("/resume")
def resume(edge: Here, entered: Editor, site: str, issue: int) -> Response:
    """Go on."""
    on = ground(edge, entered, site)
    of = which(edge, entered, on, issue)
    return act(on, of, lambda: acts.resume(edge.parts, of))


@router.post("/cancel")
def cancel(edge: Here, entered: Editor, site: str, issue: int) -> Response:
    """Send no more of it."""
    on = ground(edge, entered, site)
    of = which(edge, entered, on, issue)
    return act(on, of, lambda: acts.cancel(edge.parts, of))


@router.post("/resend")
def resend(edge: Here, entered: Editor, site: str, issue: int) -> Response:
    """Try again what failed."""
    on = ground(edge, entered, site)
    of = which(edge, entered, on, issue)
    return act(on, of, lambda: acts.resend(edge.parts, of))


@router.post("/winner")
def choose(edge: Here, entered: Editor, form: Form, site: str, issue: int) -> Response:
    """Say which subject the rest gets."""
    on = ground(edge, entered, site)
    of, subject = which(edge, entered, on, issue), form.one("subject")
    chosen = int(subject) if subject.isdecimal() and len(subject) == 1 else -1
    return act(on, of, lambda: acts.choose_winner(edge.parts, of, chosen))


@router.post("/duplicate")
def duplicate(edge: Here, entered: Editor, site: str, issue: int) -> Response:
    """A draft with the same words."""
    on = ground(edge, entered, site)
    the_issue(edge, on, issue)
    return see(on.page(compose.duplicate(edge.parts, which(edge, entered, on, issue)), "/edit"))


def _when(form: Typed, time_zone: str) -> When:
    how, typed = form.one("how"), form.one("when")
    if how == "now":
        return When()
    try:
        wall = datetime.fromisoformat(typed).replace(tzinfo=None)
    except ValueError:
        raise IssueRefused("when_wrong", "when") from None
    if how == "local":
        return When(wall=wall)
    if how != "at":
        raise IssueRefused("when_wrong", "how")
    return When(at=local(wall, time_zone))
