"""The numbers behind the desk's charts by the JSON API: letters and readers by day, and what stands out today."""

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import JSONResponse

from notifier.stages import sums
from notifier.web.desk.charts import DAYS, RANKINGS
from notifier.web.desk.drawing import days_until
from notifier.web.edge import Here
from notifier.web.json_api.answering import PREFIX, REFUSALS, answer
from notifier.web.json_api.deliveries import Onlooker

router = APIRouter(prefix=f"{PREFIX}/charts", tags=["charts"], responses=REFUSALS)


class DayBody(BaseModel):
    """One day, in UTC: letters that were planned then and how they ended, and readers."""

    day: str
    planned: int
    sent: int
    failed: int
    dropped: int
    expired: int
    readers: int | None
    """Confirmed ones at the end of the day; None where nobody counted."""
    joined: int | None


class RankBody(BaseModel):
    """A line of a ranking."""

    label: str
    count: int
    other: int


class ChartsBody(BaseModel):
    """Thirty days, the oldest first, and three rankings."""

    days: list[DayBody]
    categories: list[RankBody]
    """`count`: subscriptions."""
    domains: list[RankBody]
    """`count`: letters that failed."""
    threads: list[RankBody]
    """`count`: comments; `other`: letters about them."""


@router.get("", response_model=ChartsBody)
def get_charts(edge: Here, caller: Onlooker) -> JSONResponse:
    """All of them."""
    days, ours = days_until(edge.clock().date(), DAYS), caller.site_id
    with edge.parts.db.reading() as session:
        letters = sums.letters_by_day(session, ours, days[0])
        readers = sums.history(session, ours, sums.READERS, days[0])
        joined = sums.history(session, ours, sums.JOINED, days[0])
        ranked = {
            name: [RankBody(label=one.label, count=one.count, other=one.other) for one in RANKINGS[name](session, ours)]
            for name in ("categories", "domains", "threads")
        }
    counts = ("planned", "sent", "failed", "dropped", "expired")
    told = [
        DayBody(
            day=day, **{name: letters.get(day, {}).get(name, 0) for name in counts}, readers=readers.get(day),
            joined=joined.get(day),
        )
        for day in days
    ]  # fmt: skip
    return answer(ChartsBody(days=told, **ranked))
