"""Write an issue: its words, its items and their order. Each act is one transaction and one line in the log."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from notifier.desk.audit import Actor
from notifier.domain.issues import ITEMS_MAX, Composed, IssueRefused
from notifier.domain.markdown import to_html
from notifier.domain.words import ItemKind
from notifier.issues.rows import Which, locked, note
from notifier.models import Issue, IssueItem, Item
from notifier.parts import Parts
from notifier.stages.plan.issues import shown


def begin(parts: Parts, site_id: int, words: Composed, by: Actor, now: datetime) -> int:
    """A new draft; gives its id. Raises IssueRefused."""
    with parts.db.writing() as session:
        issue = Issue(site_id=site_id, created_at=now, changed_at=now, **_columns(parts, words))
        session.add(issue)
        session.flush()
        note(session, Which(site_id, issue.id, by, now), "created")
        return issue.id


def change(parts: Parts, of: Which, words: Composed) -> None:
    """Write its words and choices anew. Raises IssueRefused, LookupError."""
    columns = _columns(parts, words)
    with parts.db.writing() as session:
        issue = _open(session, of)
        _write(issue, words, columns)
        _touch(session, of, issue, "changed")


def rewrite(parts: Parts, of: Which, words: Composed, item_ids: Sequence[int]) -> None:
    """Write its words and choices anew and show exactly these articles in this order: all of that, or nothing.

    What was pinned stays so. Raises IssueRefused, LookupError.
    """
    columns = _columns(parts, words)
    with parts.db.writing() as session:
        issue = _open(session, of)
        _write(issue, words, columns)
        kept = IssueItem.issue_id == issue.id, IssueItem.is_pinned
        pinned = set(session.scalars(select(IssueItem.item_id).where(*kept)))
        _touch(session, of, issue, "changed", {"items": _show(session, issue, item_ids, pinned)})


def add_items(parts: Parts, of: Which, item_ids: Sequence[int]) -> int:
    """Put articles of the site at the end; what is there already stays where it is. Gives how many are new."""
    with parts.db.writing() as session:
        issue = _open(session, of)
        order = list(session.scalars(shown(of.issue_id)))
        wanted = [one for one in dict.fromkeys(item_ids) if one not in order]
        ours = (Item.site_id == of.site_id) & (Item.kind == ItemKind.ARTICLE)
        known = set(session.scalars(select(Item.id).where(Item.id.in_(wanted), ours)))
        new = [one for one in wanted if one in known]
        if len(order) + len(new) > ITEMS_MAX:
            raise IssueRefused("items_many", "item")
        session.add_all(
            IssueItem(issue_id=issue.id, item_id=one, position=ITEMS_MAX + n, is_pinned=False)
            for n, one in enumerate(new)
        )
        _number(session, issue, [*order, *new])
        _touch(session, of, issue, "items_added")
        return len(new)


def set_items(parts: Parts, of: Which, item_ids: Sequence[int], pinned: Collection[int] = ()) -> None:
    """Show exactly these articles of the site in this order, and keep some at the top. Raises as `add_items`."""
    with parts.db.writing() as session:
        issue = _open(session, of)
        _show(session, issue, item_ids, pinned)
        _touch(session, of, issue, "items_ordered")


def remove_item(parts: Parts, of: Which, item_id: int) -> None:
    """Take an item out. Raises IssueRefused, LookupError."""
    with parts.db.writing() as session:
        issue = _open(session, of)
        session.execute(delete(IssueItem).where(IssueItem.issue_id == issue.id, IssueItem.item_id == item_id))
        _touch(session, of, issue, "item_removed")


def pin_item(parts: Parts, of: Which, item_id: int, *, is_pinned: bool) -> None:
    """Keep an item at the top, or let it go. Raises IssueRefused, LookupError."""
    with parts.db.writing() as session:
        issue = _open(session, of)
        ours = (IssueItem.issue_id == issue.id) & (IssueItem.item_id == item_id)
        session.execute(update(IssueItem).where(ours).values(is_pinned=is_pinned))
        _touch(session, of, issue, "item_pinned" if is_pinned else "item_unpinned")


def move_item(parts: Parts, of: Which, item_id: int, by: int) -> None:
    """Move an item so many places down, or up where it is below zero, in the order that the letter has."""

    def moved(order: list[int]) -> list[int]:
        if item_id not in order:
            raise LookupError(item_id)
        at = order.index(item_id)
        order.insert(max(0, min(len(order) - 1, at + by)), order.pop(at))
        return order

    _arrange(parts, of, moved)


def order_items(parts: Parts, of: Which, item_ids: Sequence[int]) -> None:
    """Put the items into this order; those that are not named follow as they stood."""

    def ordered(order: list[int]) -> list[int]:
        named = [one for one in dict.fromkeys(item_ids) if one in order]
        return named + [one for one in order if one not in named]

    _arrange(parts, of, ordered)


def duplicate(parts: Parts, of: Which) -> int:
    """A new draft with the same words, items and audience; gives its id. Raises LookupError."""
    kept = (
        "site_id", "title", "intro", "html", "cover_url", "cover_alt", "language", "subjects", "sample_percent",
        "sample_hours", "winner_rule", "audience",
    )  # fmt: skip
    with parts.db.writing() as session:
        old = locked(session, of)
        new = Issue(**{name: getattr(old, name) for name in kept}, created_at=of.now, changed_at=of.now)
        session.add(new)
        session.flush()
        rows = session.scalars(select(IssueItem).where(IssueItem.issue_id == old.id)).all()
        session.add_all(
            IssueItem(issue_id=new.id, item_id=row.item_id, position=row.position, is_pinned=row.is_pinned)
            for row in rows
        )
        note(session, Which(of.site_id, new.id, of.by, of.now), "duplicated", {"of": old.id})
        return new.id


def _arrange(parts: Parts, of: Which, arranged: Callable[[list[int]], list[int]]) -> None:
    with parts.db.writing() as session:
        issue = _open(session, of)
        _number(session, issue, arranged(list(session.scalars(shown(issue.id)))))
        _touch(session, of, issue, "items_ordered")


def _write(issue: Issue, words: Composed, columns: Mapping[str, object]) -> None:
    # A rest without a sample, or a sample without a rest: the waves of a plan fit its subjects.
    if issue.send_at or issue.local_at:
        _refuse_other_shape(issue, words)
    for name, value in columns.items():
        setattr(issue, name, value)
    issue.winner, issue.is_winner_known = None, False


def _show(session: Session, issue: Issue, item_ids: Sequence[int], pinned: Collection[int]) -> int:
    """Gives how many articles it shows now."""
    ours = (Item.site_id == issue.site_id) & (Item.kind == ItemKind.ARTICLE)
    known = set(session.scalars(select(Item.id).where(Item.id.in_(item_ids), ours)))
    order = [one for one in dict.fromkeys(item_ids) if one in known]
    if len(order) > ITEMS_MAX:
        raise IssueRefused("items_many", "item")
    session.execute(delete(IssueItem).where(IssueItem.issue_id == issue.id))
    session.add_all(
        IssueItem(issue_id=issue.id, item_id=one, position=n, is_pinned=one in pinned) for n, one in enumerate(order)
    )
    return len(order)


def _number(session: Session, issue: Issue, order: Sequence[int]) -> None:
    session.flush()
    if order:
        places = [{"issue_id": issue.id, "item_id": one, "position": n} for n, one in enumerate(order)]
        session.execute(update(IssueItem), places)


def _open(session: Session, of: Which) -> Issue:
    issue = locked(session, of)
    if not issue.state.is_open:
        raise IssueRefused("closed")
    return issue


def _touch(
    session: Session, of: Which, issue: Issue, action: str, detail: Mapping[str, str | int] | None = None
) -> None:
    issue.changed_at = of.now
    note(session, of, action, detail)


def _refuse_other_shape(issue: Issue, words: Composed) -> None:
    if (len(issue.subjects) > 1) != (len(words.subjects) > 1) or issue.sample_hours != words.sample_hours:
        raise IssueRefused("unschedule_first", "subjects")


def _columns(parts: Parts, words: Composed) -> dict[str, object]:
    tidy = words.checked(parts.renderer.languages)
    return {
        "title": tidy.title, "intro": tidy.intro, "html": to_html(tidy.intro), "cover_url": tidy.cover_url,
        "cover_alt": tidy.cover_alt, "language": tidy.language, "subjects": list(tidy.subjects),
        "sample_percent": tidy.sample_percent, "sample_hours": tidy.sample_hours, "winner_rule": tidy.winner_rule,
        "audience": tidy.audience.kept,
    }  # fmt: skip
