"""The log of all acts, page by page. For owners."""

from fastapi import APIRouter, Request, Response
from sqlalchemy import select

from notifier.desk import audit
from notifier.models import User
from notifier.web.desk.gate import PREFIX, Owner, scene
from notifier.web.edge import LOOKING, Here

router = APIRouter(prefix=f"{PREFIX}/log", include_in_schema=False)


@router.api_route("", methods=LOOKING)
def show(request: Request, edge: Here, entered: Owner) -> Response:
    """The newest lines, or those before `?before=`."""
    before = request.query_params.get("before", "")
    with edge.parts.db.reading() as session:
        lines = audit.lines(session, int(before) if before.isdecimal() and len(before) < 18 else 0)  # noqa: PLR2004 - fits a BIGINT
        names = dict(session.execute(select(User.id, User.name)).all())
    who = {f"user:{user}": name for user, name in names.items()}
    known = edge.desk.strings.keys(entered.seat.language)
    did = {line.action: key for line in lines if (key := f"log.{line.action.replace('.', '_')}") in known}
    onward = lines[-1].id if len(lines) == audit.PAGE else 0
    return edge.desk.page("log", scene(edge, entered, "log"), lines=lines, who=who, onward=onward, did=did)
