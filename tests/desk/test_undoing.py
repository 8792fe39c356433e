"""An act on many is taken back, but for what its readers, their servers or another editor said meanwhile."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from notifier import flow, suppressions
from notifier.desk.audit import Actor
from notifier.domain.desk_words import Role
from notifier.domain.tokens import address_hash
from notifier.models import AddressMove, BulkAct, ConsentEvent, Site, Subscriber, Subscription, Suppression, Topic
from tests.desk.conftest import Desk, Somebody
from tests.web.conftest import POLITICS, Visit, article
from tests.web.test_links import SPORT
from tests.web.test_sign_in import act as by_themselves
from tests.web.test_sign_in import signed_in
from tests.web.test_undo import undo_in

AT = "/at/naba"
HERS, OTHER = "layla@example.org", "huda@example.org"
Leave = Callable[[Visit, int], None]


def acted(somebody: Somebody, kind: str, **form: str) -> int:
    """Do it to all readers, a minute later; gives the act."""
    visit = somebody.visit
    visit.now += timedelta(minutes=1)
    with visit.parts.db.reading() as session:
        topic = session.scalars(select(Topic.id).where(Topic.name == POLITICS)).one()
    whole = {"kind": kind, "whom": "all", "act_topic": str(topic), **form}
    assert somebody.post(f"{AT}/acts", **whole).status_code == 303
    visit.work()
    visit.now += timedelta(minutes=1)
    with visit.parts.db.reading() as session:
        return session.scalars(select(BulkAct.id).order_by(BulkAct.id.desc())).first() or 0


def undone(somebody: Somebody, act: int) -> None:
    somebody.visit.now += timedelta(minutes=1)
    assert somebody.post(f"{AT}/acts/{act}/undo").status_code == 303
    somebody.visit.work()


def get_politics(visit: Visit) -> set[str]:
    """Whom letters of politics go to."""
    active = select(Subscriber.address).join(Subscription).join(Topic)
    with visit.parts.db.reading() as session:
        return set(session.scalars(active.where(Topic.name == POLITICS, Subscription.ended_at.is_(None))))


def said(visit: Visit, reader: int) -> list[tuple[str, str, str]]:
    """The record of a reader's consent: (action, about, source)."""
    with visit.parts.db.reading() as session:
        rows = session.scalars(
            select(ConsentEvent).where(ConsentEvent.subscriber_id == reader).order_by(ConsentEvent.id)
        )
        return [(row.action.value, row.purpose, row.source) for row in rows]


def one_click(visit: Visit, reader: int) -> None:
    link = visit.link("u", reader, visit.delivery(reader))
    for _ in range(2):
        assert visit.client.post(link, data={"List-Unsubscribe": "One-Click"}).status_code == 200


def everything(visit: Visit, reader: int) -> None:
    answer = visit.client.post(visit.link("u", reader, visit.delivery(reader)), data={"scope": "all"})
    assert answer.status_code == 200


def stop(visit: Visit, reader: int) -> None:
    answer = visit.client.post(visit.link("p", reader), data={"stop": "all"}, follow_redirects=False)
    assert answer.status_code == 303


def by_an_editor(visit: Visit, reader: int) -> None:
    edited = visit.client.post(
        f"/api/v1/sites/naba/subscribers/{reader}/unsubscribe", json={}, headers=visit.key(("subscribers:write",))
    )
    assert edited.status_code == 200


@pytest.mark.parametrize(
    ("leave", "event"),
    [
        (one_click, ("unsubscribed", POLITICS, "link")), (everything, ("unsubscribed", POLITICS, "link")),
        (stop, ("changed", "preferences", "preferences")), (by_an_editor, ("unsubscribed", POLITICS, "desk")),
    ],
)  # fmt: skip
def test_who_leaves_after_an_act_is_not_subscribed_again(desk: Desk, leave: Leave, event: tuple[str, str, str]) -> None:
    visit, editor = desk.visit, desk.add(Role.EDITOR)
    reader = visit.active(HERS, frequency="instant")
    visit.active(OTHER, frequency="instant")
    flow.ingest_items(visit.parts, visit.site_id, [article("n1", title="عاجل")], visit.now)
    visit.work()
    act = acted(editor, "unsubscribe")
    leave(visit, reader)
    assert said(visit, reader)[-1] == event
    assert len(said(visit, reader)) == 4, "asked, agreed, the act, and their own will once"
    undone(editor, act)
    assert get_politics(visit) == {OTHER}


def test_whoever_takes_back_that_they_left_gets_nothing_that_had_ended_before(desk: Desk) -> None:
    visit, editor = desk.visit, desk.add(Role.EDITOR)
    reader = visit.active(HERS)
    act = acted(editor, "unsubscribe")
    link = visit.link("u", reader, visit.delivery(reader))
    undo = undo_in(visit.client.post(link, data={"scope": "all"}).text)
    assert visit.client.post(f"{link}/undo", data={"undo": undo}).status_code == 200
    assert get_politics(visit) == set(), "the editors' letters alone"
    undone(editor, act)
    assert get_politics(visit) == set()


def test_a_letter_of_another_topic_ends_nothing_that_the_act_ended(desk: Desk) -> None:
    visit, editor = desk.visit, desk.add(Role.EDITOR)
    reader = visit.active(HERS)
    visit.active(HERS, topic=SPORT, frequency="instant")
    flow.ingest_items(visit.parts, visit.site_id, [article("n1", categories=("رياضة",))], visit.now)
    visit.work()
    act = acted(editor, "unsubscribe")
    one_click(visit, reader)
    undone(editor, act)
    assert get_politics(visit) == {HERS}, "they said nothing of politics"


def test_who_subscribed_anew_and_left_again_is_not_subscribed_by_the_first_act(desk: Desk) -> None:
    visit, editor = desk.visit, desk.add(Role.EDITOR)
    visit.active(HERS)
    first = acted(editor, "unsubscribe")
    visit.active(HERS)
    acted(editor, "unsubscribe")
    undone(editor, first)
    assert get_politics(visit) == set(), "the second act stands"


@pytest.mark.long
def test_who_gave_another_address_since_is_not_subscribed_there(desk: Desk) -> None:
    visit, editor = desk.visit, desk.add(Role.EDITOR)
    reader = signed_in(visit)
    visit.active(HERS, topic=SPORT)
    act = acted(editor, "unsubscribe")
    by_themselves(visit, "/me/address", address="new@example.org")
    visit.work()
    text = next(visit.mail_text(n) for n, one in enumerate(visit.transport.sent) if one.rcpt_to == "new@example.org")
    assert visit.client.post(f"/confirm/{text.split('/confirm/')[1].split()[0]}").status_code == 200
    with visit.parts.db.reading() as session:
        assert session.scalars(select(AddressMove.done_at)).one()
        assert session.get_one(Subscriber, reader).address == "new@example.org"
    undone(editor, act)
    assert get_politics(visit) == set(), "the new address agreed to sport"


def barred(visit: Visit) -> dict[str, tuple[str, str]]:
    """Address -> reason and source of its suppression that is in force."""
    with visit.parts.db.reading() as session:
        pepper = session.get_one(Site, visit.site_id).pepper
        rows = session.scalars(select(Suppression).where(Suppression.lifted_at.is_(None))).all()
    names = {address_hash(pepper, one): one for one in (HERS, OTHER)}
    return {names[row.address_hash]: (row.reason, row.source) for row in rows}


def test_an_editor_who_suppresses_an_address_after_an_act_has_it_stay_so(desk: Desk) -> None:
    visit, editor = desk.visit, desk.add(Role.EDITOR)
    reader = visit.active(HERS)
    visit.active(OTHER)
    act = acted(editor, "suppress", reason="stale")
    assert barred(visit) == dict.fromkeys((HERS, OTHER), ("stale", f"act:{act}"))
    assert editor.post(f"{AT}/suppressions", who=HERS, reason="by phone").status_code == 303
    assert said(visit, reader)[-1] == ("suppressed", "by phone", "desk")
    assert not suppressions.add(visit.parts, visit.site_id, HERS, "again", Actor("cli"), visit.now), "it is so already"
    undone(editor, act)
    assert barred(visit) == {HERS: ("by phone", "desk")}


def test_who_was_erased_after_an_act_is_never_written_to_again(desk: Desk) -> None:
    visit, owner = desk.visit, desk.add(Role.OWNER)
    reader = visit.active(HERS)
    visit.active(OTHER)
    act = acted(owner, "suppress", reason="stale")
    assert owner.post(f"{AT}/subscribers/{reader}/erase", address=HERS).status_code == 303
    undone(owner, act)
    assert barred(visit) == {HERS: ("erased", "erasure")}


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("kind", ["suppress", "unsubscribe"])
def test_what_two_acts_did_comes_back_when_both_are_undone_in_either_order(desk: Desk, kind: str, first: int) -> None:
    visit, editor = desk.visit, desk.add(Role.EDITOR)
    readers = [visit.active(HERS), visit.active(OTHER)]
    acts = [
        acted(editor, kind, reason="stale"),
        acted(editor, kind, whom="some", reader=str(readers[0]), reason="spam"),
    ]

    def gone() -> set[str]:
        return set(barred(visit)) if kind == "suppress" else {HERS, OTHER} - get_politics(visit)

    assert gone() == {HERS, OTHER}
    undone(editor, acts[first])
    assert gone() == ({HERS, OTHER} if first else {HERS}), "the other act stands"
    undone(editor, acts[1 - first])
    assert gone() == set()


def test_an_act_has_no_part_in_what_was_lifted_and_suppressed_anew(desk: Desk) -> None:
    visit, editor = desk.visit, desk.add(Role.EDITOR)
    reader = visit.active(HERS)
    acted(editor, "suppress", reason="stale")
    assert editor.post(f"{AT}/subscribers/{reader}/lift", reason="she wrote").status_code == 303
    act = acted(editor, "suppress", reason="spam")
    undone(editor, act)
    assert barred(visit) == {}
