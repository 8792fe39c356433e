"""What endpoints are told: signed, tried for three days, and never more than they may know."""

import json
from contextlib import suppress
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import Connection, event, select, update

from notifier import calling, readers, upkeep
from notifier.consent import suppression
from notifier.consent.links import Scope
from notifier.domain import webhook
from notifier.domain.calls import PAUSES_S, CallState, pause
from notifier.domain.outcome import Refused
from notifier.domain.webhook import key_of_text
from notifier.domain.words import Frequency, SourceKind, State
from notifier.models import AuditEvent, Call, Delivery, Endpoint, Site, Source
from notifier.queue import to_call
from notifier.sites import add_source
from notifier.stages.record import claims
from tests.endpoints.conftest import ME, Told


def bodies(told: Told) -> list[dict[str, object]]:
    return [json.loads(body) for _, body in told.paper.seen]


def confirmed(told: Told) -> int:
    """A reader who confirmed just now; the endpoint was told."""
    reader = told.world.reader(ME, "category:سياسة", frequency=Frequency.INSTANT)
    told.world.work()
    return reader.id


def test_a_confirmation_is_told_signed_and_without_the_address(told: Told) -> None:
    reader = confirmed(told)
    ((headers, body),) = told.paper.seen
    key = key_of_text(told.secret)
    assert key
    assert len(key) == 32
    assert webhook.read(headers, body, [key], told.world.now, 300), "whoever has the secret sees that it is ours"
    assert not webhook.read(headers, body + b" ", [key], told.world.now, 300), "forged"
    assert not webhook.read(headers, body, [b"x" * 32], told.world.now, 300), "signed by somebody else"
    one = json.loads(body)
    assert (one["type"], one["data"]["site"], one["data"]["subscriber"]) == ("subscriber.confirmed", "rafidain", reader)
    assert one["data"]["about"] == "category:سياسة"
    assert len(one["data"]["address_hash"]) == 64
    assert ME.encode() not in body
    assert told.calls()[0].state is CallState.DELIVERED


def test_only_an_endpoint_that_an_owner_allowed_reads_the_address_and_the_row_never_has_it(told: Told) -> None:
    told.add("subscriber.confirmed", with_address=True)
    confirmed(told)
    assert sorted(str(one["data"].get("address")) for one in bodies(told)) == ["None", ME]  # type: ignore[attr-defined]
    assert not any(ME in str(call.data) for call in told.calls())


def test_each_thing_a_reader_does_has_its_event_and_erasure_leaves_no_address(told: Told) -> None:
    told.add("subscriber.unsubscribed", "subscriber.suppressed", "subscriber.erased", with_address=True)
    reader = confirmed(told)
    world = told.world
    token = world.parts.signer.sign("u", reader)
    readers.unsubscribe(world.parts, token, Scope.ALL, "", world.now)
    readers.erase(world.parts, world.site.id, ME, world.now)
    world.work()
    kinds = {str(one["type"]) for one in bodies(told)}
    assert {"subscriber.unsubscribed", "subscriber.suppressed", "subscriber.erased"} <= kinds
    assert not any(ME in body.decode() for _, body in told.paper.seen), "it is read when it is sent: too late here"
    assert not any(token in body.decode() or token in str(headers) for headers, body in told.paper.seen)


def test_what_is_rolled_back_is_told_to_nobody(told: Told) -> None:
    confirmed(told)
    world, before = told.world, len(told.calls())
    with suppress(RuntimeError), world.parts.db.writing() as session:
        suppression.suppress(session, session.get_one(Site, world.site.id), ME, "wish", "test", world.now)
        raise RuntimeError
    assert len(told.calls()) == before


def test_a_letter_that_fails_for_good_is_told_and_one_that_is_sent_is_not(told: Told) -> None:
    confirmed(told)
    told.paper.seen.clear()
    world = told.world
    world.wire.outcomes[ME] = Refused("554 5.3.4 too big for layla@example.org", forever=True)
    world.article("1", "سياسة")
    world.work()
    world.work()
    upkeep.sweep(world.parts, world.now + timedelta(minutes=1))
    world.work()
    (one,) = bodies(told)
    assert one["type"] == "delivery.failed"
    with world.parts.db.reading() as session:
        failed = session.scalars(select(Delivery).order_by(Delivery.id.desc())).first()
    assert failed is not None
    assert one["data"] | {"address_hash": ""} == {  # type: ignore[operator]
        "site": "rafidain", "delivery": failed.id, "kind": "alert", "reason": "refused",
        "subscriber": failed.subscriber_id, "address_hash": "",
    }  # fmt: skip


def test_a_suppressed_letter_is_told(told: Told) -> None:
    confirmed(told)
    world = told.world
    world.article("1", "سياسة")
    upkeep.act(world.parts, world.rung.pop(0), world.clock)
    with world.parts.db.writing() as session:
        suppression.suppress(session, session.get_one(Site, world.site.id), ME, "wish", "test", world.now)
    world.work()
    upkeep.sweep(world.parts, world.now + timedelta(minutes=1))
    world.work()
    assert "delivery.suppressed" in {one["type"] for one in bodies(told)}


def too_old(told: Told, count: int, *, is_at_claim: bool) -> list[int]:
    """So many letters that wait until they are no news any more, found by a sweep or when they are claimed."""
    world = told.world
    for n in range(count):
        world.reader(f"r{n}@example.org", "category:سياسة", frequency=Frequency.INSTANT)
    world.work()
    world.article("1", "سياسة")
    upkeep.act(world.parts, world.rung.pop(0), world.clock)
    told.paper.seen.clear()
    (send,) = world.rung
    world.rung.clear()
    world.later(days=8)
    if is_at_claim:
        upkeep.act(world.parts, send, world.clock)
    for moment in (world.now, world.now + timedelta(minutes=1)):
        upkeep.sweep(world.parts, moment)
        world.work()
    with world.parts.db.reading() as session:
        return list(session.scalars(select(Delivery.id).where(Delivery.state == State.EXPIRED).order_by(Delivery.id)))


@pytest.mark.parametrize("is_at_claim", [True, False])
def test_a_letter_that_grew_too_old_is_told_once(told: Told, is_at_claim: bool) -> None:  # noqa: FBT001 - a case
    expired = too_old(told, 2, is_at_claim=is_at_claim)
    assert len(expired) == 2
    assert [one["type"] for one in bodies(told)] == ["delivery.expired"] * 2
    about: list[dict[str, object]] = [one["data"] for one in bodies(told)]  # type: ignore[misc]
    assert [(one["delivery"], one["kind"], one["reason"]) for one in about] == [
        (one, "alert", "too_old") for one in expired
    ]
    assert told.world.balance().expired == 2
    upkeep.sweep(told.world.parts, told.world.now)
    told.world.work()
    assert len(bodies(told)) == 2


def test_very_many_letters_that_grew_too_old_are_told_of_some_at_a_time(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "AT_ONCE", 2)
    owed = [0]

    def note(connection: Connection) -> None:
        owed.append(
            connection.exec_driver_sql("SELECT count(*) FROM calls WHERE event = 'delivery.expired'").scalar_one()
        )

    engine = told.world.parts.db.engine
    event.listen(engine, "commit", note)
    try:
        assert len(too_old(told, 5, is_at_claim=False)) == 5
    finally:
        event.remove(engine, "commit", note)
    steps = [after - before for before, after in pairwise(owed)]
    assert (max(steps), sum(steps)) == (2, 5), "no transaction owes more than it ends"


def test_a_letter_that_grew_too_old_ends_where_nobody_listens(told: Told) -> None:
    told.office.switch(told.id, is_on=False)
    assert len(too_old(told, 1, is_at_claim=False)) == 1
    assert told.calls() == []


def test_a_source_is_told_of_at_its_third_failure_only(told: Told) -> None:
    world = told.world
    with world.parts.db.writing() as session:
        site = session.get_one(Site, world.site.id)
        add_source(session, site, SourceKind.FEED, f"http://127.0.0.1:{told.paper.port}/none", world.now)
    for _ in range(5):
        world.tick()
        with world.parts.db.writing() as session:
            session.execute(update(Source).values(next_poll_at=world.now))
    world.work()
    failed = [one for one in bodies(told) if one["type"] == "source.failed"]
    assert len(failed) == 1
    assert failed[0]["data"]["kind"] == "feed"  # type: ignore[index]


def test_an_endpoint_that_is_away_is_called_again_later_under_the_same_id(told: Told) -> None:
    told.paper.status, told.paper.body = 503, b"try later"
    confirmed(told)
    (call,) = told.calls()
    assert (call.state, call.status, call.answer, call.attempts) == (CallState.WAITING, 503, "try later", 1)
    assert told.endpoint().failing_since == told.world.now
    calling.send(told.world.parts, told.id, told.world.clock)
    assert len(told.paper.seen) == 1, "not before its time"
    told.paper.status = 200
    told.world.later(seconds=60)
    upkeep.sweep(told.world.parts, told.world.now)
    told.world.work()
    assert len(told.paper.seen) == 2
    assert len({headers["webhook-id"] for headers, _ in told.paper.seen}) == 1
    assert len({headers["webhook-signature"] for headers, _ in told.paper.seen}) == 2, "signed anew, at its own time"
    assert (told.calls()[0].state, told.endpoint().failing_since) == (CallState.DELIVERED, None)


def test_the_pause_that_a_receiver_asks_for_is_kept_within_reason(told: Told) -> None:
    told.paper.status, told.paper.more = 429, {"Retry-After": "1800"}
    confirmed(told)
    assert told.calls()[0].next_attempt_at == told.world.now + timedelta(seconds=1800)
    assert pause(1, 0, 10**9) == timedelta(hours=6)


def test_tries_grow_rarer_and_end_after_three_days() -> None:
    waits = [pause(tries, 0) for tries in range(1, 12)]
    assert waits[-2:] == [None, None]
    assert timedelta(days=2.9) < sum((wait for wait in waits if wait), timedelta()) < timedelta(days=3.1)
    assert pause(1, 0.99) > pause(1, 0)  # type: ignore[operator]
    assert len(PAUSES_S) == 9


def test_an_endpoint_that_takes_nothing_for_days_is_switched_off_and_comes_back_with_what_waits(told: Told) -> None:
    told.paper.status = 500
    confirmed(told)
    for _ in range(12):
        told.world.later(hours=21)
        upkeep.sweep(told.world.parts, told.world.now)
        told.world.work()
    tries = len(told.paper.seen)
    row = told.endpoint()
    assert row.disabled_because == "failing"
    assert tries < 12
    told.paper.status = 200
    told.office.switch(told.id, is_on=True)
    told.world.work()
    assert len(told.paper.seen) == tries + 1
    assert told.endpoint().disabled_at is None


def test_gone_is_gone(told: Told) -> None:
    told.paper.status = 410
    confirmed(told)
    assert told.endpoint().disabled_because == "gone"
    told.world.later(days=1)
    upkeep.sweep(told.world.parts, told.world.now)
    assert to_call(told.id) not in told.world.rung


def test_whoever_is_switched_off_is_owed_nothing(told: Told) -> None:
    told.office.switch(told.id, is_on=False)
    confirmed(told)
    assert told.calls() == []


def test_an_endpoint_cannot_lead_into_our_own_network(told: Told) -> None:
    with told.world.parts.db.writing() as session:
        session.execute(update(Endpoint).values(url="http://127.0.0.1:1/hooks"))
    confirmed(told)
    (call,) = told.calls()
    assert (call.state, call.status, call.fault) == (CallState.WAITING, 0, "private_address")


def test_a_redirect_is_a_failure_for_nobody_checks_where_it_leads(told: Told) -> None:
    told.paper.status, told.paper.more = 302, {"Location": "http://169.254.169.254/"}
    confirmed(told)
    assert (told.calls()[0].status, len(told.paper.seen)) == (302, 1)


def test_a_secret_that_does_not_open_is_never_replaced_by_none(told: Told) -> None:
    with told.world.parts.db.writing() as session:
        session.execute(update(Endpoint).values(secret_sealed="spoilt"))
    confirmed(told)
    assert told.paper.seen == []
    assert told.endpoint().disabled_because == "secret"


def test_the_secret_stands_sealed_in_the_database(told: Told) -> None:
    row = told.endpoint()
    assert told.secret not in row.secret_sealed
    assert told.world.parts.sealer.open(row.secret_sealed, f"endpoint:{row.id}") == told.secret
    assert told.world.parts.sealer.open(row.secret_sealed, "endpoint:999") is None


def test_two_workers_make_each_call_once(told: Told) -> None:
    confirmed(told)
    told.paper.seen.clear()
    told.office.test(told.id)
    with told.world.parts.db.writing() as session:
        first = calling._claim(session, told.world.parts, told.id, told.world.now)  # noqa: SLF001 - the claim is what counts
        assert first is not None
    with told.world.parts.db.writing() as session:
        assert calling._claim(session, told.world.parts, told.id, told.world.now) is None  # noqa: SLF001 - the same
    told.world.later(minutes=3)
    calling.send(told.world.parts, told.id, told.world.clock)
    assert len(told.paper.seen) == 1, "a worker that died gives its call up"


def test_sending_again_keeps_the_id_and_leaves_a_line(told: Told) -> None:
    confirmed(told)
    (call,) = told.calls()
    assert told.office.send_again(told.id, call.id)
    assert not told.office.send_again(told.id, call.id), "it waits already"
    told.world.work()
    assert [headers["webhook-id"] for headers, _ in told.paper.seen] == [f"call_{call.id}"] * 2
    with told.world.parts.db.reading() as session:
        actions = session.scalars(select(AuditEvent.action)).all()
    assert "call.sent_again" in actions


def test_old_calls_are_forgotten(told: Told) -> None:
    confirmed(told)
    with told.world.parts.db.writing() as session:
        assert calling.purge(session, told.world.now + calling.KEPT - timedelta(seconds=1)) == 0
        assert calling.purge(session, told.world.now + calling.KEPT) == 1
        assert session.scalars(select(Call)).all() == []


def test_an_answer_is_kept_short_and_printable(told: Told) -> None:
    told.paper.status, told.paper.body = 500, "\x00<b>خطأ</b>\r\n".encode() + b"x" * 5000
    confirmed(told)
    answer = told.calls()[0].answer
    assert len(answer) == calling.ANSWER_MAX
    assert answer.isprintable()
