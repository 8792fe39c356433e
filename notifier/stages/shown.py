"""Which version of an item each letter shows, where it is not the one that the letter was planned with."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import delete, exists, insert, select
from sqlalchemy.orm import Session

from notifier.bulk import among
from notifier.domain.claimed import Claimed
from notifier.domain.letter import LetterContent
from notifier.models import DeliveryEvent, LetterItem, OtherVersion

Key = tuple[int, tuple[int, ...]]
"""A letter and those of its items that are shown."""


def note(session: Session, claimed: Sequence[Claimed], contents: Mapping[Key, LetterContent]) -> None:
    """Write down what these letters show, before they leave.

    By the very contents that are sent, not by another look at the items, which may have changed in between. Whoever
    may have got an earlier try keeps the note of that one: it is the older version.
    """
    planned = _planned(session, {one.letter_id for one in claimed})
    if not planned:
        return
    ids = [one.delivery_id for one in claimed if one.letter_id in planned]
    first_try = ~exists().where(DeliveryEvent.delivery_id == OtherVersion.delivery_id, _IS_UNCERTAIN)
    before = delete(OtherVersion).where(among(session, OtherVersion.delivery_id, ids), first_try)
    session.execute(before.execution_options(synchronize_session=False))
    differing = {key: _differing(planned[key[0]], content) for key, content in contents.items() if key[0] in planned}
    changed = [one for one in claimed if differing.get(one.content_key)]
    if not changed:
        return
    kept = _maybe_sent(session, [one.delivery_id for one in changed])
    rows = [
        {"delivery_id": one.delivery_id, "item_id": item, "version": version}
        for one in changed
        if one.delivery_id not in kept
        for item, version in differing[one.content_key].items()
    ]
    if rows:
        session.execute(insert(OtherVersion), rows, execution_options={"render_nulls": True})


_IS_UNCERTAIN = DeliveryEvent.kind == "uncertain"


def _planned(session: Session, letter_ids: Collection[int]) -> dict[int, dict[int, int]]:
    rows = session.execute(
        select(LetterItem.letter_id, LetterItem.item_id, LetterItem.version).where(
            among(session, LetterItem.letter_id, letter_ids)
        )
    )
    planned: dict[int, dict[int, int]] = defaultdict(dict)
    for letter, item, version in rows:
        planned[letter][item] = version
    return dict(planned)


def _differing(planned: Mapping[int, int], content: LetterContent) -> dict[int, int | None]:
    """Item -> the version that is shown; None for one that is left out, which one told as a number is not."""
    shown = {item.id: item.version for item in content.items}
    differing = {item: shown.get(item) for item, version in planned.items() if shown.get(item) != version}
    return {item: version for item, version in differing.items() if item not in content.counted}


def _maybe_sent(session: Session, delivery_ids: Collection[int]) -> set[int]:
    found = select(DeliveryEvent.delivery_id).where(
        among(session, DeliveryEvent.delivery_id, delivery_ids), _IS_UNCERTAIN
    )
    return set(session.scalars(found))
