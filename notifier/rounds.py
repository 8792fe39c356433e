"""Questions of a crowd, answered in rounds: whoever asks while others are being answered waits for the next round."""

import asyncio
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Final, Generic, TypeVar

MOST: Final = 50
"""Questions in one round: the last of them shall not wait for a hundred others."""
Question = TypeVar("Question")
Answer = TypeVar("Answer")


class Rounds(Generic[Question, Answer]):
    """For web processes: callers are coroutines, of any event loop; `answer` runs in a thread of its own.

    `answer` gives one answer for each question, in order; an exception among them is raised for its asker alone, and
    one that it raises is raised for all of its round. The thread begins with the first question, so that a fork takes
    none along, and ends with the process.
    """

    def __init__(self, answer: Callable[[Sequence[Question]], Sequence[Answer | Exception]]) -> None:
        self._answer = answer
        self._waiting: SimpleQueue[_Asked[Question, Answer]] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    async def __call__(self, question: Question) -> Answer:
        """The answer, within this round or the next."""
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
            self._tell(asked, self._answers([one.question for one in asked]))

    def _answers(self, questions: Sequence[Question]) -> Sequence[Answer | Exception]:
        try:
            return self._answer(questions)
        except Exception as fault:  # noqa: BLE001 - it is raised where the question was asked
            return [fault] * len(questions)

    def _tell(self, asked: "Sequence[_Asked[Question, Answer]]", answers: Sequence[Answer | Exception]) -> None:
        told = defaultdict(list)
        for one, answer in zip(asked, answers, strict=True):
            told[one.loop].append((one.future, answer))
        for loop, pairs in told.items():
            # One call wakes a loop for all of its askers; a loop that was closed has none left.
            if not loop.is_closed():
                loop.call_soon_threadsafe(_resolve, pairs)


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
