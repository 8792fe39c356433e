"""A correction reaches exactly those who got the article as it was."""

import threading

import pytest
from sqlalchemy import event, select

from notifier import corrections, dispatch, flow, readers, upkeep
from notifier.accounts import Choice
from notifier.consent import suppression
from notifier.consent.changing import PreferenceChange
from notifier.consent.links import Scope
from notifier.corrections import CannotCorrect, Corrected, Erratum
from notifier.domain.outcome import Sent, Uncertain
from notifier.domain.words import Frequency, Lane, LetterKind, Reason, State
from notifier.models import AuditEvent, Correction, Delivery
from notifier.queue import Nudge, Task
from notifier.stages import books, record
from tests.world import World, html_of, text_of

RIGHT = "عنوان صحيح"
NOTE = "ذكرنا أن المنسوب انخفض.\n\nوالصواب أنه ارتفع <مترين>."


def plan(world: World, *articles: str) -> list[Nudge]:
    """Publish and plan, and hold the letters back."""
    for guid in articles:
        world.article(guid)
    return hold(world)


def hold(world: World) -> list[Nudge]:
    held = []
    while world.rung:
        nudge = world.rung.pop(0)
        if nudge.task is Task.DELIVER:
            held.append(nudge)
        else:
            upkeep.act(world.parts, nudge, world.clock)
    return held


def amend(world: World, guid: str = "1", title: str = RIGHT) -> None:
    world.later(minutes=1)
    world.article(guid, title=title)
    world.work()
    world.later(minutes=1)


def correct(world: World, guid: str = "1", note: str = NOTE, **given: object) -> Corrected:
    found = corrections.correct(world.parts, world.site.id, Erratum(guid, note, **given), world.now)  # type: ignore[arg-type]  # tests' own words
    world.work()
    return found


def corrected(world: World) -> list[str]:
    """Who was sent a correction, sorted."""
    with world.parts.db.reading() as session:
        kinds = dict(session.execute(select(Delivery.id, Delivery.kind)).all())
    return sorted(one.rcpt_to for one in world.wire.sent if kinds[one.delivery_id] is LetterKind.CORRECTION)


def last(world: World, address: str) -> str:
    """The text of the last letter to this address."""
    return text_of([one for one in world.letters() if address in one["To"]][-1])


def test_whoever_got_the_alert_gets_one_correction_and_nobody_else_does(world: World) -> None:
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    world.reader("b@example.org", frequency=Frequency.INSTANT)
    world.reader("other@example.org", "category:رياضة", frequency=Frequency.INSTANT)
    world.article("1")
    world.work()
    world.reader("late@example.org", frequency=Frequency.INSTANT)
    amend(world)
    told = correct(world)
    assert (told.readers, told.is_new, told.is_withdrawn) == ({"ar": 2}, True, False)
    assert corrected(world) == ["a@example.org", "b@example.org"]
    world.balance()


def test_it_shows_the_note_the_headline_that_was_sent_and_the_article_as_it_is(world: World) -> None:
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    world.article("1", title="المنسوب ينخفض")
    world.work()
    amend(world)
    correct(world, said="انخفض المنسوب")
    shown = last(world, "a@example.org")
    for words in ("المنسوب ينخفض", "انخفض المنسوب", "والصواب أنه ارتفع <مترين>.", RIGHT):
        assert words in shown
    assert "<مترين>" not in html_of(world.letters()[-1])
    (_, subject) = world.subjects()["a@example.org"][-2:]
    assert subject == "تصحيح: المنسوب ينخفض"


def test_each_reader_reads_it_in_their_own_language(world: World) -> None:
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    world.reader("e@example.org", frequency=Frequency.INSTANT, language="en")
    world.article("1")
    world.work()
    amend(world)
    assert correct(world).readers == {"ar": 1, "en": 1}
    assert "This corrects our report" in last(world, "e@example.org")
    assert "هذا تصحيح لخبرنا" in last(world, "a@example.org")


def test_whoever_was_sent_an_earlier_headline_reads_that_one(world: World) -> None:
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    world.article("1", title="أول")
    world.work()
    world.reader("b@example.org")
    world.later(minutes=1)
    world.article("1", title="ثان")
    world.later(hours=21)
    world.tick()
    amend(world)
    correct(world)
    assert corrected(world) == ["a@example.org", "b@example.org"]
    assert "«أول»" in last(world, "a@example.org")
    assert "«ثان»" in last(world, "b@example.org")


def test_a_digest_counts_and_a_person_of_two_letters_gets_one(world: World) -> None:
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    world.reader("d@example.org", "category:سياسة")
    world.reader("two@example.org", "category:سياسة", "author:ليلى", frequency=Frequency.INSTANT)
    world.article("1")
    world.work()
    world.later(hours=21)
    world.tick()
    amend(world)
    correct(world)
    assert corrected(world) == ["a@example.org", "d@example.org", "two@example.org"]


def test_whoever_still_waits_gets_the_corrected_version_and_no_correction(world: World) -> None:
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    held = plan(world, "1")
    amend(world)
    assert correct(world).count == 0
    world.rung += held
    world.work()
    assert corrected(world) == []
    assert RIGHT in last(world, "a@example.org")


def test_whoever_got_the_corrected_version_before_the_editor_wrote_gets_none(world: World) -> None:
    world.reader("old@example.org", frequency=Frequency.INSTANT)
    world.reader("new@example.org")
    world.article("1")
    world.work()
    with world.parts.db.reading() as session:
        assert session.scalars(select(Delivery.id).where(Delivery.kind == LetterKind.ALERT)).one()
    world.later(minutes=1)
    world.with_settings(chunk_size=1)
    world.later(hours=20)
    upkeep.tick(world.parts, world.now)
    held = hold(world)
    amend(world)
    world.rung += held
    world.work()
    assert RIGHT in last(world, "new@example.org")
    correct(world)
    assert corrected(world) == ["old@example.org"]


def test_a_change_beside_the_words_makes_nobody_a_reader_of_an_earlier_version(world: World) -> None:
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    world.article("1")
    world.work()
    world.article("1", facts={"views": 12})
    with pytest.raises(CannotCorrect) as refused:
        correct(world)
    assert refused.value.key == "not_changed"


def test_a_digest_that_left_the_article_out_makes_nobody_its_reader(world: World) -> None:
    world.reader("d@example.org")
    world.article("1")
    world.article("2")
    world.work()
    world.later(hours=21)
    upkeep.tick(world.parts, world.now)
    held = hold(world)
    flow.retract_item(world.parts, world.site.id, "1", world.now)
    world.rung += held
    world.work()
    assert "خبر 2" in last(world, "d@example.org")
    assert correct(world).count == 0
    assert corrected(world) == []


def test_a_withdrawn_article_can_be_corrected_too(world: World) -> None:
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    world.article("1")
    world.work()
    flow.retract_item(world.parts, world.site.id, "1", world.now)
    assert correct(world, note="لم تتأكد الرواية.").is_withdrawn
    shown = last(world, "a@example.org")
    assert "سحبنا خبرنا «خبر 1»" in shown
    assert "لم تتأكد الرواية." in shown
    assert "https://r.example/1" not in shown


def test_who_left_or_must_not_be_written_to_gets_none(world: World) -> None:
    gone = world.reader("gone@example.org", frequency=Frequency.INSTANT)
    for address in ("suppressed@example.org", "erased@example.org", "stays@example.org", "shut@shut.example"):
        world.reader(address, frequency=Frequency.INSTANT)
    world.article("1")
    world.work()
    amend(world)
    readers.unsubscribe(world.parts, world.parts.signer.sign("u", gone.id, 0), Scope.ALL, "", world.now)
    with world.parts.db.writing() as session:
        suppression.suppress(session, world.site, "suppressed@example.org", "complaint", "t", world.now)
        suppression.suppress(session, world.site, "@shut.example", "asked", "t", world.now)
    readers.erase(world.parts, world.site.id, "erased@example.org", world.now)
    assert correct(world).count == 1
    assert corrected(world) == ["stays@example.org"]


def test_who_leaves_before_it_goes_out_gets_none_and_a_change_of_sections_is_no_leaving(world: World) -> None:
    gone = world.reader("gone@example.org", frequency=Frequency.INSTANT)
    moved = world.reader("moved@example.org", "category:سياسة", "category:رياضة", frequency=Frequency.INSTANT)
    world.article("1")
    world.work()
    amend(world)
    corrections.correct(world.parts, world.site.id, Erratum("1", NOTE), world.now)
    held = hold(world)
    world.later(seconds=1)
    readers.unsubscribe(world.parts, world.parts.signer.sign("u", gone.id, 0), Scope.ALL, "", world.now)
    change = PreferenceChange(frequencies={"category:سياسة": ""})
    readers.change_preferences(world.parts, moved.id, change, "", world.now)
    world.rung += held
    world.work()
    assert corrected(world) == ["moved@example.org"]
    world.balance()


def test_a_letter_that_may_have_arrived_counts_as_got(world: World) -> None:
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    world.wire.outcomes["a@example.org"] = Uncertain("the connection was lost")
    world.article("1")
    world.work()
    del world.wire.outcomes["a@example.org"]
    amend(world)
    assert correct(world).count == 1
    assert corrected(world) == ["a@example.org"]
    world.later(hours=1)
    upkeep.sweep(world.parts, world.now)
    world.work()
    assert RIGHT in last(world, "a@example.org")


def test_a_second_try_with_the_corrected_version_does_not_hide_that_the_first_may_have_arrived(world: World) -> None:
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    world.wire.outcomes["a@example.org"] = Uncertain("the connection was lost")
    world.article("1")
    world.work()
    del world.wire.outcomes["a@example.org"]
    amend(world)
    world.later(hours=1)
    upkeep.sweep(world.parts, world.now)
    world.work()
    assert RIGHT in last(world, "a@example.org")
    correct(world)
    assert corrected(world) == ["a@example.org"]


def test_a_worker_that_had_rendered_the_old_version_and_records_it_later_is_waited_for(world: World) -> None:
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    world.reader("b@example.org", frequency=Frequency.INSTANT)
    (nudge,) = plan(world, "1")
    lane, first, last_id = nudge.args
    span = record.Span(Lane(str(lane)), int(first), int(last_id))
    chunk = dispatch.claim_chunk(world.parts, span, Choice("smtp"), "slow", world.now)
    amend(world)
    assert correct(world).count == 0
    with world.parts.db.reading() as session:
        row = session.scalars(select(Correction)).one()
    assert row.waits == [one.delivery_id for one in chunk.ready]
    # The slow worker comes back: one letter was taken, of the other it knows nothing, and its lease runs out.
    taken, other = chunk.ready
    at_work = dispatch.Dispatch(world.parts, chunk, world.clock)
    (message, *_) = at_work.feed.take(2)
    assert RIGHT.encode() not in message.data
    with world.parts.db.writing() as session:
        book = record.Book(session, chunk.claim, world.now, world.parts.terms)
        book.outcomes([(taken.delivery_id, Sent("250"))])
    world.later(minutes=1)
    upkeep.sweep(world.parts, world.now)
    world.work()
    assert corrected(world) == [taken.address]
    world.later(minutes=20)
    upkeep.sweep(world.parts, world.now)
    world.work()
    world.later(minutes=1)
    upkeep.sweep(world.parts, world.now)
    world.work()
    assert RIGHT in last(world, other.address)
    assert corrected(world) == [taken.address]
    with world.parts.db.reading() as session:
        row = session.scalars(select(Correction)).one()
    assert (row.waits, row.settled_at is not None, row.planned_count) == ([], True, 1)
    world.balance()


def test_it_waits_for_a_claim_that_is_open_while_it_plans(world: World) -> None:
    """On PostgreSQL the claim is invisible until it is committed; SQLite lets nobody else write meanwhile."""
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    (nudge,) = plan(world, "1")
    lane, first, last_id = nudge.args
    began, amended, committed = threading.Event(), threading.Event(), threading.Event()
    engine = world.parts.db.engine
    is_server = engine.dialect.name == "postgresql"
    span = record.Span(Lane(str(lane)), int(first), int(last_id))

    def linger(_connection: object) -> None:
        if threading.current_thread() is worker:
            began.set()
            amended.wait(5 if is_server else 0)
            committed.set()

    worker = threading.Thread(
        target=dispatch.claim_chunk, args=(world.parts, span, Choice("smtp"), "slow", world.now), daemon=True
    )
    event.listen(engine, "commit", linger)
    worker.start()
    assert began.wait(5)
    world.article("1", title=RIGHT)
    world.rung.clear()
    corrections.correct(world.parts, world.site.id, Erratum("1", NOTE), world.now)
    threading.Timer(0.2, amended.set).start()
    corrections.plan(world.parts, 1, world.now)
    assert committed.is_set(), "the plan must not be made before the claim is to be seen"
    worker.join(5)
    event.remove(engine, "commit", linger)
    with world.parts.db.reading() as session:
        assert len(session.scalars(select(Correction)).one().waits) == 1


def test_the_same_words_about_the_same_version_twice_are_one_correction(world: World) -> None:
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    world.article("1")
    world.work()
    amend(world)
    first, again = correct(world), correct(world, note=f" {NOTE} ")
    assert (first.correction_id, first.is_new, again.is_new) == (again.correction_id, True, False)
    assert again.count == 0
    corrections.plan(world.parts, first.correction_id or 0, world.now)
    world.work()
    assert corrected(world) == ["a@example.org"]
    with world.parts.db.reading() as session:
        (event,) = session.scalars(select(AuditEvent)).all()
    assert event.action == "correction.made"


def test_other_words_are_another_correction(world: World) -> None:
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    world.article("1")
    world.work()
    amend(world)
    correct(world)
    correct(world, note="وتصحيح التصحيح")
    assert corrected(world) == ["a@example.org", "a@example.org"]


def test_a_look_counts_and_changes_nothing(world: World) -> None:
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    world.article("1")
    world.work()
    amend(world)
    found = corrections.look(world.parts, world.site.id, Erratum("1", NOTE), world.now)
    assert (found.count, found.correction_id) == (1, None)
    assert world.rung == []
    with world.parts.db.reading() as session:
        assert session.scalars(select(Correction)).all() == []


def test_what_cannot_be_corrected_is_refused(world: World) -> None:
    world.article("1")
    world.comment("c", "1")
    world.work()
    for erratum, key in (
        (Erratum("nothing", NOTE), "unknown_item"),
        (Erratum("c", NOTE), "not_an_article"),
        (Erratum("1", " "), "no_note"),
        (Erratum("1", NOTE, version=9), "unknown_version"),
        (Erratum("1", NOTE), "not_changed"),
    ):
        with pytest.raises(CannotCorrect) as refused:
            corrections.look(world.parts, world.site.id, erratum, world.now)
        assert refused.value.key == key


def test_a_nudge_that_was_lost_is_made_up_for_by_the_sweep(world: World) -> None:
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    world.article("1")
    world.work()
    amend(world)
    corrections.correct(world.parts, world.site.id, Erratum("1", NOTE), world.now)
    world.rung.clear()
    world.later(minutes=1)
    upkeep.sweep(world.parts, world.now)
    world.work()
    assert corrected(world) == ["a@example.org"]


def test_its_page_of_the_books_says_how_it_went(world: World) -> None:
    world.reader("a@example.org", frequency=Frequency.INSTANT)
    world.reader("b@example.org", frequency=Frequency.INSTANT)
    world.article("1")
    world.work()
    amend(world)
    found = correct(world)
    key = LetterKind.CORRECTION, found.correction_id or 0
    with world.parts.db.reading() as session:
        assert books.pages(session, only=[key])[key].balance.sent == 2
        heading = books.heading(session, key)
        assert heading is not None
        assert heading.title == RIGHT
        assert key in [one.key for one in books.headings(session, 5)]
    world.balance()


def test_a_thousand_readers_cost_as_many_statements_as_ten(world: World) -> None:
    spent = []
    for count in (2, 6):
        for n in range(count):
            world.reader(f"r{count}-{n}@example.org", frequency=Frequency.INSTANT)
        world.article(str(count))
        world.work()
        amend(world, str(count), f"{RIGHT} {count}")
        found = corrections.correct(world.parts, world.site.id, Erratum(str(count), NOTE), world.now)
        counted = _Counted(world)
        corrections.plan(world.parts, found.correction_id or 0, world.now)
        spent.append(counted.end())
    assert spent[0] == spent[1]


class _Counted:
    """The statements from here to the end."""

    def __init__(self, world: World) -> None:
        self._engine, self._count = world.parts.db.engine, 0
        event.listen(self._engine, "before_cursor_execute", self._one)

    def _one(self, *_: object) -> None:
        self._count += 1

    def end(self) -> int:
        event.remove(self._engine, "before_cursor_execute", self._one)
        return self._count


def test_a_retracted_article_leaves_a_planned_digest_and_a_digest_of_nothing_else_is_dropped(world: World) -> None:
    world.reader("both@example.org", "category:سياسة", "category:رياضة")
    world.reader("one@example.org", "category:سياسة")
    world.article("p", "سياسة")
    world.article("s", "رياضة")
    world.work()
    world.later(hours=21)
    upkeep.tick(world.parts, world.now)
    held = hold(world)
    flow.retract_item(world.parts, world.site.id, "p", world.now)
    world.article("s", "رياضة", title="رياضة مصححة")
    world.work()
    world.rung += held
    world.work()
    (letter,) = world.letters()
    assert "both@example.org" in letter["To"]
    assert "رياضة مصححة" in text_of(letter)
    assert "خبر p" not in text_of(letter)
    assert outcomes(world) == {(State.SENT, None), (State.DROPPED, Reason.RETRACTED)}


@pytest.mark.parametrize("is_removed", [True, False])
def test_a_comment_removed_or_changed_between_plan_and_claim_is_heeded(world: World, *, is_removed: bool) -> None:
    world.article("1")
    world.work()
    world.reader("a@example.org", "thread:1", frequency=Frequency.INSTANT)
    world.comment("c", "1", html="<p>قديم</p>")
    world.work()
    world.later(hours=1)
    upkeep.tick(world.parts, world.now)
    held = hold(world)
    assert held
    if is_removed:
        flow.retract_item(world.parts, world.site.id, "c", world.now)
    else:
        world.comment("c", "1", html="<p>مصحَّح</p>")
    hold(world)
    world.rung += held
    world.work()
    if is_removed:
        assert world.wire.sent == []
        assert outcomes(world) == {(State.DROPPED, Reason.RETRACTED)}
    else:
        assert "مصحَّح" in text_of(world.letters()[0])
        assert "قديم" not in text_of(world.letters()[0])


def outcomes(world: World) -> set[tuple[State, Reason | None]]:
    with world.parts.db.reading() as session:
        rows = session.execute(select(Delivery.state, Delivery.reason).where(Delivery.kind != LetterKind.CONFIRM))
        return {(state, reason) for state, reason in rows}
