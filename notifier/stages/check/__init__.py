"""The last second counts: consent, suppression and retraction are looked at again when a letter is claimed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.orm import Session

from notifier.domain.claimed import Claimed
from notifier.domain.owed import Owed
from notifier.domain.quiet import QuietRules
from notifier.domain.words import LetterKind, Reason
from notifier.stages.check.former import to_former
from notifier.stages.check.issues import issues_of, strays_of, with_words
from notifier.stages.check.readers import WAITS_MOST, Reader, readers_of, shut_domains
from notifier.stages.check.resting import Resting
from notifier.stages.check.shown import Shown, muted_items, shown_now, still_wanted


@dataclass(frozen=True, slots=True)
class Checked:
    """The claimed deliveries that may go, and why the others may not."""

    ready: tuple[Claimed, ...]
    unwanted: dict[int, Reason]
    left_out: dict[tuple[int, int], Reason | None] = field(default_factory=dict)
    """(delivery, comment) of those that its letter would have told: why it does not; None for what is not live."""
    resting: dict[tuple[LetterKind, datetime], list[int]] = field(default_factory=dict)
    """Those that wait for their readers' quiet hours to end, by kind and by when that is."""


def check(session: Session, owed: Sequence[Owed], now: datetime, rules: QuietRules) -> Checked:
    """Look at each claimed delivery as things are now."""
    former = to_former(session, [one for one in owed if one.kind is LetterKind.ADDRESS_CHANGE])
    others = _check(session, [one for one in owed if one.id not in former], now, rules)
    ready = [told for told in former.values() if isinstance(told, Claimed)]
    unwanted = {one: told for one, told in former.items() if isinstance(told, Reason)}
    return replace(others, ready=(*ready, *others.ready), unwanted=unwanted | others.unwanted) if former else others


def _check(session: Session, owed: Sequence[Owed], now: datetime, rules: QuietRules) -> Checked:
    readers = readers_of(session, owed, now)
    shut = shut_domains(session, owed, readers)
    shown = shown_now(session, owed)
    changed = _changed(owed, readers)
    wishes = _Wishes(still_wanted(session, changed), muted_items(session, changed))
    issues = issues_of(session, owed)
    strays = strays_of(session, [one for one in owed if one.id in changed], issues)
    resting = Resting(rules, now).all(session, owed, readers)
    ready: list[Claimed] = []
    unwanted: dict[int, Reason] = {}
    left_out: dict[tuple[int, int], Reason | None] = {}
    waits: dict[tuple[LetterKind, datetime], list[int]] = {}
    for one in owed:
        reader, found = readers.get(one.subscriber_id), shown[one.id]
        # An issue goes to its audience, whatever its items are about.
        is_asked = one.id in changed and one.kind.is_list_mail and one.kind is not LetterKind.ISSUE
        passed = wishes.against(one.id, found.live) if is_asked else {}
        items = tuple(item for item in found.live if item not in passed) if passed else found.live
        if not items and Reason.MUTED in passed.values():
            unwanted[one.id] = Reason.MUTED
        elif reader is None:
            unwanted[one.id] = Reason.ERASED
        elif (reader.site_id, reader.domain) in shut:
            unwanted[one.id] = Reason.SUPPRESSED
        elif one.id in strays:
            unwanted[one.id] = Reason.UNSUBSCRIBED
        elif reason := _refusal(one, reader, items, with_words(one, found, issues)):
            unwanted[one.id] = reason
        elif until := resting.get(one.id):
            waits.setdefault((one.kind, until), []).append(one.id)
        else:
            ready.append(_claimed(one, reader, items))
        gone = unwanted.get(one.id)
        if gone is Reason.RETRACTED or (gone is None and one.id not in resting):
            # Every other reason is the whole letter's; and one that waits tells what it leaves out when it goes.
            left_out |= {(one.id, item): why for item, why in found.left_out(passed).items()}
    return Checked(tuple(ready), unwanted, left_out, waits)


@dataclass(frozen=True, slots=True)
class _Wishes:
    """What those want, by delivery, who changed something since the plan."""

    wanted: Mapping[int, set[int]]
    muted: Mapping[int, set[int]]

    def against(self, delivery_id: int, items: Iterable[int]) -> dict[int, Reason]:
        """Those of a letter's items that its reader wants no more, and why."""
        wanted, muted = self.wanted[delivery_id], self.muted[delivery_id]
        # What is not wanted at all needs no mute.
        why = {item: Reason.MUTED if item in wanted else Reason.UNSUBSCRIBED for item in items}
        return {item: why[item] for item in why if item not in wanted or item in muted}


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
