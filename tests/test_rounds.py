"""Questions in rounds: who asks while others are answered waits for the next round, and nobody answers for another."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from notifier.rounds import MOST, Crowded, Rounds

QUICK_S = 5.0


async def ask_all(rounds: Rounds[int, int], questions: Sequence[int]) -> list[int | BaseException]:
    async with asyncio.timeout(QUICK_S):
        return await asyncio.gather(*(rounds(one) for one in questions), return_exceptions=True)


def test_who_comes_meanwhile_is_answered_together() -> None:
    seen: list[int] = []
    first, may_go_on = threading.Event(), threading.Event()

    def answer(questions: Sequence[int]) -> list[int]:
        seen.append(len(questions))
        first.set()
        assert may_go_on.wait(QUICK_S)
        return [10 * one for one in questions]

    async def crowd() -> list[int]:
        rounds = Rounds[int, int](answer)
        alone = asyncio.create_task(rounds(0))
        await asyncio.to_thread(first.wait, QUICK_S)
        others = [asyncio.create_task(rounds(n)) for n in range(1, MOST + 6)]
        await asyncio.sleep(0)  # Each has asked.
        may_go_on.set()
        async with asyncio.timeout(QUICK_S):
            return await asyncio.gather(alone, *others)

    assert asyncio.run(crowd()) == [10 * n for n in range(MOST + 6)]
    assert seen == [1, MOST, 5]


def test_a_fault_of_one_is_raised_for_that_one() -> None:
    rounds = Rounds[int, int](lambda some: [ValueError(n) if n == 2 else n for n in some])
    answers = asyncio.run(ask_all(rounds, range(4)))
    assert [one for n, one in enumerate(answers) if n != 2] == [0, 1, 3]
    assert isinstance(answers[2], ValueError)


def test_a_fault_of_the_round_is_raised_for_all_and_the_next_round_works() -> None:
    faults = [RuntimeError("away")]

    def answer(questions: Sequence[int]) -> Sequence[int]:
        if faults:
            raise faults.pop()
        return questions

    async def twice() -> tuple[list[int | BaseException], list[int | BaseException]]:
        rounds = Rounds[int, int](answer)
        return await ask_all(rounds, [1]), await ask_all(rounds, [2])

    failed, answered = asyncio.run(twice())
    assert isinstance(failed[0], RuntimeError)
    assert answered == [2]


def test_an_asker_who_went_away_holds_nobody_up() -> None:
    may_go_on = threading.Event()

    def answer(questions: Sequence[int]) -> Sequence[int]:
        may_go_on.wait(QUICK_S)
        return questions

    async def crowd() -> int:
        rounds = Rounds[int, int](answer)
        gone = asyncio.create_task(rounds(1))
        stays = asyncio.create_task(rounds(2))
        await asyncio.sleep(0)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        may_go_on.set()
        async with asyncio.timeout(QUICK_S):
            return await stays

    assert asyncio.run(crowd()) == 2


def test_several_event_loops_may_ask() -> None:
    rounds = Rounds[int, int](lambda some: [n + 1 for n in some])
    assert [asyncio.run(ask_all(rounds, [n])) for n in range(3)] == [[1], [2], [3]]


def test_a_flood_is_told_at_once_and_those_who_wait_are_answered() -> None:
    began, may_go_on = threading.Event(), threading.Event()

    def answer(questions: Sequence[int]) -> Sequence[int]:
        began.set()
        assert may_go_on.wait(QUICK_S)
        return questions

    async def crowd() -> list[int | BaseException]:
        rounds = Rounds[int, int](answer, most=3)
        first = asyncio.create_task(rounds(0))
        await asyncio.to_thread(began.wait, QUICK_S)
        others = [asyncio.create_task(rounds(n)) for n in range(1, 6)]
        await asyncio.sleep(0)
        may_go_on.set()
        async with asyncio.timeout(QUICK_S):
            return await asyncio.gather(first, *others, return_exceptions=True)

    answers = asyncio.run(crowd())
    assert answers[:4] == [0, 1, 2, 3]
    assert [type(one) for one in answers[4:]] == [Crowded, Crowded]


def test_who_went_away_before_their_round_is_asked_for_no_more() -> None:
    began, may_go_on = threading.Event(), threading.Event()
    seen: list[int] = []

    def answer(questions: Sequence[int]) -> Sequence[int]:
        seen.extend(questions)
        began.set()
        assert may_go_on.wait(QUICK_S)
        return questions

    async def crowd() -> tuple[int, int]:
        rounds = Rounds[int, int](answer)
        first = asyncio.create_task(rounds(0))
        await asyncio.to_thread(began.wait, QUICK_S)
        gone, stays = asyncio.create_task(rounds(1)), asyncio.create_task(rounds(2))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
        may_go_on.set()
        async with asyncio.timeout(QUICK_S):
            return await first, await stays

    assert asyncio.run(crowd()) == (0, 2)
    assert seen == [0, 2]


def test_too_few_answers_are_nobody_s_and_the_next_round_works() -> None:
    sizes = [0]

    async def twice() -> tuple[list[int | BaseException], list[int | BaseException]]:
        rounds = Rounds[int, int](lambda some: some[: sizes.pop()] if sizes else some)
        return await ask_all(rounds, [1]), await ask_all(rounds, [3])

    failed, answered = asyncio.run(twice())
    assert [type(one) for one in failed] == [RuntimeError]
    assert answered == [3]


def test_a_loop_that_ended_in_mid_round_ends_no_other() -> None:
    began, may_go_on = threading.Event(), threading.Event()

    def answer(questions: Sequence[int]) -> Sequence[int]:
        began.set()
        assert may_go_on.wait(QUICK_S)
        return questions

    rounds = Rounds[int, int](answer)

    async def leaves() -> None:
        asking = asyncio.create_task(rounds(1))
        await asyncio.to_thread(began.wait, QUICK_S)
        asking.cancel()

    asyncio.run(leaves())
    may_go_on.set()
    assert asyncio.run(ask_all(rounds, [2])) == [2]
