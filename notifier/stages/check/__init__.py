"""The last second counts: consent, suppression and retraction are looked at again when a letter is claimed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from notifier.domain.claimed import Claimed
from notifier.domain.owed import Owed
from notifier.domain.quiet import QuietRules
from notifier.domain.words import LetterKind, Reason
from notifier.stages.check.former import to_former
from notifier.stages.check.issues import issues_of, strays_of, with_words
from notifier.stages.check.readers import WAITS_MOST, Reader, readers_of, shut_domains
from notifier.stages.check.resting import Resting, by_choice
from notifier.stages.check.shown import Shown, live_items, muted_items, still_wanted


@dataclass(frozen=True, slots=True)
class Checked:
    """The claimed deliveries that may go, and why the others may not."""

    ready: tuple[Claimed, ...]
    unwanted: dict[int, Reason]
    resting: dict[tuple[LetterKind, datetime], list[int]] = field(default_factory=dict)
    """Those that wait for their readers' quiet hours to end, by kind and by when that is."""


def check(session: Session, owed: Sequence[Owed], now: datetime, rules: QuietRules) -> Checked:
    """Look at each claimed delivery as things are now."""
    former = to_former(session, [one for one in owed if one.kind is LetterKind.ADDRESS_CHANGE])
    others = _check(session, [one for one in owed if one.id not in former], now, rules)
    ready = [told for told in former.values() if isinstance(told, Claimed)]
    unwanted = {one: told for one, told in former.items() if isinstance(told, Reason)}
    return Checked((*ready, *others.ready), unwanted | others.unwanted, others.resting) if former else others


def _check(session: Session, owed: Sequence[Owed], now: datetime, rules: QuietRules) -> Checked:
    readers = readers_of(session, owed, now)
    shut = shut_domains(session, owed, readers)
    shown = live_items(session, {one.letter_id for one in owed})
    changed = _changed(owed, readers)
    wanted = still_wanted(session, changed)
    muted = muted_items(session, changed)
    issues = issues_of(session, owed)
    strays = strays_of(session, [one for one in owed if one.id in changed], issues)
    resting = _resting(session, owed, readers, Resting(rules, now))
    ready: list[Claimed] = []
    unwanted: dict[int, Reason] = {}
    waits: dict[tuple[LetterKind, datetime], list[int]] = {}
    for one in owed:
        reader, items = readers.get(one.subscriber_id), shown[one.letter_id].live
        # An issue goes to its audience, whatever its items are about.
        if one.id in changed and one.kind.is_list_mail and one.kind is not LetterKind.ISSUE:
            items = tuple(item for item in items if item in wanted[one.id])
            if items and muted[one.id].issuperset(items):
                unwanted[one.id] = Reason.MUTED
                continue
            items = tuple(item for item in items if item not in muted[one.id])
        if reader is None:
            unwanted[one.id] = Reason.ERASED
        elif (reader.site_id, reader.domain) in shut:
            unwanted[one.id] = Reason.SUPPRESSED
        elif one.id in strays:
            unwanted[one.id] = Reason.UNSUBSCRIBED
        elif reason := _refusal(one, reader, items, with_words(one, shown[one.letter_id], issues)):
            unwanted[one.id] = reason
        elif until := resting.get(one.id):
            waits.setdefault((one.kind, until), []).append(one.id)
        else:
            ready.append(_claimed(one, reader, items))
    return Checked(tuple(ready), unwanted, waits)


def _resting(
    session: Session, owed: Sequence[Owed], readers: Mapping[int | None, Reader], resting: Resting
) -> dict[int, datetime]:
    """Until when deliveries wait whose readers are to be left in peace."""
    found = {
        one.id: until
        for one in owed
        if (reader := readers.get(one.subscriber_id)) and (until := resting.until(one.kind, reader))
    }
    chosen = by_choice(session, [one for one in owed if one.kind is LetterKind.DIGEST and one.id in found])
    return {one: until for one, until in found.items() if one not in chosen} if chosen else found


def _claimed(one: Owed, reader: "Reader", items: tuple[int, ...]) -> Claimed:
    who = reader.id, reader.address, reader.name, reader.may_track, reader.generation
    return Claimed(one.id, one.letter_id, items, one.kind, one.about_id, *who)


def _changed(owed: Sequence[Owed], readers: Mapping[int | None, Reader]) -> set[int]:
    """The deliveries whose reader changed something since they were planned."""
    moved = {reader.id: reader.changed_at + WAITS_MOST for reader in readers.values() if reader.changed_at}
    return {one.id for one in owed if one.subscriber_id in moved and moved[one.subscriber_id] >= one.created_at}


def _refusal(one: Owed, reader: Reader, items: tuple[int, ...], shown: Shown) -> Reason | None:
    if reader.is_suppressed:
        return Reason.SUPPRESSED
    if not one.kind.is_list_mail:
        return None
    if not reader.is_confirmed:
        return Reason.UNSUBSCRIBED
    if reader.is_paused:
        return Reason.PAUSED
    if shown.has_items and not shown.live:
        return Reason.RETRACTED
    return Reason.UNSUBSCRIBED if shown.has_items and not items else None
