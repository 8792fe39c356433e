"""Ask people of a list by letter whether they want to be readers: each becomes a sign-up that its task decides."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from notifier.consent.merging.making import Ground, note_faults
from notifier.consent.merging.staging import judged
from notifier.consent.merging.words import Became
from notifier.domain.address import fold
from notifier.domain.tokens import address_hash, token_hash
from notifier.models import Signup, Site


def ask(session: Session, site: Site, ground: Ground, topics: Mapping[int, list[str]], now: datetime) -> None:
    """Note a sign-up for whoever was judged `asked`; `topics`: set -> names.

    The sweep hands them out, some hundred at a time, so that the letters do not crowd those that readers wait for.
    """
    row = judged.c
    found = session.execute(
        select(row.address, row.address_key, row.name, row.language, row.topics).where(row.word == Became.ASKED.value)
    )
    rows = [
        {
            "site_id": site.id, "address": address, "name": name, "language": language, "time_zone": site.time_zone,
            "frequency": ground.frequency, "topics": topics[number], "source": "import",
            "wording_hash": token_hash(ground.words), "created_at": now,
            "limit_hash": address_hash(site.pepper, fold(key)),
        }
        for address, key, name, language, number in found
        if topics.get(number)
    ]  # fmt: skip
    if rows:
        session.connection().execute(insert(Signup), rows)
    note_faults(session, ground.import_id)
