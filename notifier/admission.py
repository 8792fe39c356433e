"""Sign-ups, noted and decided: may an address be asked, and is there anybody who could answer?"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from notifier.consent import signup
from notifier.consent.limits import Limits, SignupResult
from notifier.db import is_passing
from notifier.domain.address import check_address
from notifier.domain.words import LetterKind
from notifier.models import Delivery, Signup, Site
from notifier.parts import Parts
from notifier.queue import later, to_sign_up, transaction
from notifier.stages.plan.confirmations import plan_confirmation
from notifier.stages.plan.letters import chunks


def note_signups(parts: Parts, rows: Sequence[Mapping[str, Any]]) -> list[Exception | None]:
    """Note sign-ups that came at one time and nudge their tasks; gives what the database said against each.

    `rows` are of `consent.signup.row`. One that is refused (its site is gone) takes no other along. Raises what is
    raised where the database is away: then none was noted.
    """
    try:
        with transaction(parts.db, parts.bell) as session:
            later(session, *(to_sign_up(made) for made in signup.note_all(session, rows)))
    except (SQLAlchemyError, ValueError) as refusal:
        # A ValueError is a driver's, about a text that it cannot write.
        if is_passing(refusal):
            raise
        if len(rows) == 1:
            return [refusal]
        return [fault for one in rows for fault in note_signups(parts, [one])]
    return [None] * len(rows)


def handle_signup(parts: Parts, signup_id: int, now: datetime) -> None:
    """Decide on a sign-up and, where the address must be asked, plan its confirmation letter."""
    knobs = parts.settings
    is_reachable = _is_reachable(parts, signup_id)
    with transaction(parts.db, parts.bell) as session:
        row = session.get(Signup, signup_id, with_for_update=True)
        if row is None or row.handled_at is not None:
            return
        limits = Limits(knobs.confirm_limit_per_30d, timedelta(seconds=knobs.confirm_gap_s))
        result = signup.decide(session, row, now, limits) if is_reachable else signup.give_up(row, now)
        if result is SignupResult.ASKED:
            site = session.get_one(Site, row.site_id)
            made = plan_confirmation(session, parts.edition(site, LetterKind.CONFIRM, now), row)
            later(session, *chunks(session, Delivery.id.in_(made), knobs.chunk_size))


def _is_reachable(parts: Parts, signup_id: int) -> bool:
    # The DNS may take seconds: no transaction waits for it.
    with parts.db.reading() as session:
        row = session.get(Signup, signup_id)
        if row is None or row.handled_at is not None:
            return True
    return parts.takes_mail(check_address(row.address).key.rpartition("@")[2])
