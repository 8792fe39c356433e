"""The letter that asks an address whether it really asked."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifier.domain.topics import offered_by
from notifier.domain.words import LetterKind
from notifier.models import Signup, Topic
from notifier.stages.plan.letters import Draft, Edition
from notifier.stages.plan.persons import Owed, plan_owed


def plan_confirmation(session: Session, edition: Edition, signup: Signup) -> list[int]:
    """Owe one confirmation letter for this sign-up, however often it is asked to; gives the new delivery, if any."""
    if signup.subscriber_id is None:
        raise ValueError(f"sign-up {signup.id} was not decided yet")
    site = edition.site
    topics = session.scalars(
        select(Topic.id)
        .where(Topic.site_id == site.id, Topic.name.in_(map(offered_by, signup.topics)))
        .order_by(Topic.id)
    ).all()
    draft = Draft(
        site.id,
        LetterKind.CONFIRM,
        edition.spoken(signup.language),
        frequency=signup.frequency,
        data={"topic_ids": list(topics)},
    )
    owed = Owed(draft, signup.subscriber_id, signup.id)
    return [made.id for made in plan_owed(session, edition, LetterKind.CONFIRM, [owed])]
