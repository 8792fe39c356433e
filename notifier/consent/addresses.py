"""IP addresses are kept whole for thirty days, as long as abuse is looked into; from then on only their network is."""

from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from notifier.models import ConsentEvent, Signup, Sitting
from notifier.models.base import WHOLE_IP

KEPT: Final = timedelta(days=30)
SHORTENED_AT_ONCE: Final = 1000
_PREFIXES: Final = {4: 24, 6: 48}
_WHERE: Final[tuple[tuple[Any, Any], ...]] = (
    (ConsentEvent, ConsentEvent.at),
    (Signup, Signup.created_at),
    (Sitting, Sitting.seen_at),
)


def shorten(session: Session, now: datetime) -> int:
    """Shorten what is older than that, some at a time, to its network; gives how many rows that were.

    The one change that a consent event ever sees.
    """
    return sum(_shorten(session, model, moment, now - KEPT) for model, moment in _WHERE)


def network_of(ip: str) -> str:
    """`203.0.113.0/24` or `2001:db8:1::/48`; empty for what is no address."""
    try:
        prefix = _PREFIXES[ip_address(ip).version]
        return str(ip_network(f"{ip}/{prefix}", strict=False))
    except ValueError:
        return ""


def _shorten(session: Session, model: Any, moment: Any, before: datetime) -> int:  # noqa: ANN401 - any of those above
    old = select(model.id, model.ip).where(moment < before, WHOLE_IP).limit(SHORTENED_AT_ONCE)
    rows = [{"id": one, "ip": network_of(ip)} for one, ip in session.execute(old)]
    if rows:
        session.execute(update(model), rows)
    return len(rows)
