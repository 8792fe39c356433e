"""A retry of an issue's failed letters opens the issue again, whoever asks for it, and it settles once more."""

from collections.abc import Callable

import pytest

from notifier import deliveries
from notifier.deliveries import Chosen
from notifier.domain.desk_words import IssueState
from notifier.domain.outcome import Refused
from notifier.domain.words import LetterKind
from notifier.issues import sending
from notifier.stages import sends
from notifier.stages.sends import SendKey
from tests.flow.issues import BY, Paper, crowd, paper
from tests.world import World


def chosen(world: World, issue: Paper) -> Chosen:
    """All that failed of it, as the table of its letters chooses them."""
    with world.parts.db.reading() as session:
        send = sends.find(session, world.site.id, SendKey(LetterKind.ISSUE, issue.id))
    assert send
    return Chosen(send)


RETRIES: dict[str, Callable[[World, Paper], int]] = {
    "the table's": lambda world, issue: deliveries.retry(
        world.parts, world.site.id, chosen(world, issue), BY, world.now
    ),
    "the one for all": lambda world, _: deliveries.retry_failed(world.parts, world.site.id, None, None, BY, world.now),
}


@pytest.mark.long
@pytest.mark.parametrize("retry", RETRIES.values(), ids=RETRIES)
def test_every_retry_opens_a_sent_issue_and_it_settles_again(
    world: World, retry: Callable[[World, Paper], int]
) -> None:
    crowd(world, 4)
    issue, untouched = paper(world), paper(world)
    untouched.send()
    world.work()
    world.tick()
    issue.send()
    world.wire.outcomes["r3@mail.example"] = Refused("550 no", forever=True)
    world.work()
    world.tick()
    assert issue.row.state is IssueState.SENT
    assert retry(world, issue) == 1
    assert (issue.row.state, issue.row.finished_at) == (IssueState.SENDING, None)
    assert untouched.row.state is IssueState.SENT
    sending.pause(world.parts, issue.which)
    world.wire.outcomes.clear()
    world.work()
    assert issue.page() == {"planned": 4, "sent": 3, "queued": 1}, "a pause holds what was queued again"
    sending.resume(world.parts, issue.which)
    world.work()
    world.tick()
    assert issue.page() == {"planned": 4, "sent": 4}
    assert (issue.row.state, issue.row.finished_at) == (IssueState.SENT, world.now)


@pytest.mark.parametrize("retry", RETRIES.values(), ids=RETRIES)
def test_no_retry_takes_up_a_cancelled_issue(world: World, retry: Callable[[World, Paper], int]) -> None:
    crowd(world, 3)
    issue = paper(world)
    issue.send()
    world.wire.outcomes["r1@mail.example"] = Refused("550 no", forever=True)
    world.work()
    sending.cancel(world.parts, issue.which)
    world.tick()
    assert retry(world, issue) == 0
    with world.parts.db.reading() as session:
        assert not deliveries.retriable(session, world.site.id, chosen(world, issue), world.now)
    assert (issue.row.state, issue.page()) == (IssueState.CANCELLED, {"planned": 3, "sent": 2, "failed": 1})


def test_a_retry_that_comes_too_late_leaves_an_issue_done(world: World) -> None:
    crowd(world, 3)
    issue = paper(world)
    issue.send()
    world.wire.outcomes["r1@mail.example"] = Refused("550 no", forever=True)
    world.work()
    world.tick()
    world.later(hours=24 * 30)
    assert [retry(world, issue) for retry in RETRIES.values()] == [0, 0]
    assert issue.row.state is IssueState.SENT
