"""Questions of a crowd, answered in rounds: whoever asks while others are being answered waits for the next round."""

import asyncio
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Final, Generic, TypeVar

MOST: Final = 50
"""Questions in one round: the last of them shall not wait for a hundred others."""
WAITING_MOST: Final = 2_000
"""Askers at a time: some seconds of a crowd. Further ones are told so at once, in place of a wait without an end."""
Question = TypeVar("Question")
Answer = TypeVar("Answer")


class Crowded(Exception):  # noqa: N818 - it says what it is like
    """So many wait already that nobody should be kept waiting behind them."""


class Rounds(Generic[Question, Answer]):
    """For web processes: callers are coroutines, of any event loop; `answer` runs in a thread of its own.

    `answer` gives one answer for each question, in order; an exception among them is raised for its asker alone, and
    one that it raises is raised for all of its round. The thread begins with the first question, so that a fork takes
    none along, and ends with the process. Whatever `answer` does, everybody hears something.
    """

    def __init__(
        self, answer: Callable[[Sequence[Question]], Sequence[Answer | Exception]], most: int = WAITING_MOST
    ) -> None:
        """`most` may wait at a time."""
        self._answer = answer
        self._most = most
        self._waiting: SimpleQueue[_Asked[Question, Answer]] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    async def __call__(self, question: Question) -> Answer:
        """The answer, within this round or the next. Raises Crowded, and then nothing was asked."""
        if self._waiting.qsize() >= self._most:
            raise Crowded
        asked = _Asked[Question, Answer](question)
        self._waiting.put(asked)
        if self._thread is None:
            self._begin()
        return await asked.future

    def _begin(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="rounds", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            asked = [self._waiting.get()]
            try:
                while len(asked) < MOST:
                    asked.append(self._waiting.get_nowait())
            except Empty:
                pass
            # Who went away while waiting asks nothing any more: in a flood those are the most.
            asked = [one for one in asked if not one.future.cancelled()]
            if asked:
                self._tell(asked, self._answers([one.question for one in asked]))

    def _answers(self, questions: Sequence[Question]) -> Sequence[Answer | Exception]:
        try:
            answers = self._answer(questions)
        except Exception as fault:  # noqa: BLE001 - it is raised where the question was asked
            return [fault] * len(questions)
        if len(answers) == len(questions):
            return answers
        # Whose is whose cannot be told: nobody gets another's.
        return [RuntimeError(f"{len(answers)} answers to {len(questions)} questions")] * len(questions)

    def _tell(self, asked: "Sequence[_Asked[Question, Answer]]", answers: Sequence[Answer | Exception]) -> None:
        told = defaultdict(list)
        for one, answer in zip(asked, answers, strict=True):
            told[one.loop].append((one.future, answer))
        for loop, pairs in told.items():
            # One call wakes a loop for all of its askers; a loop that was closed has none left.
            try:
                loop.call_soon_threadsafe(_resolve, pairs)
            except RuntimeError:
                continue


class _Asked(Generic[Question, Answer]):
    """A question, and who waits for its answer where."""

    __slots__ = ("future", "loop", "question")

    def __init__(self, question: Question) -> None:
        self.question = question
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Answer] = self.loop.create_future()


def _resolve(pairs: "Sequence[tuple[asyncio.Future[Answer], Answer | Exception]]") -> None:
    for future, answer in pairs:
        if future.done():  # Its asker has gone away.
            continue
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
