"""The shipped double."""

from notifier.domain.outcome import Refused, Sent
from notifier.transports import Transport
from notifier.transports.listed import send_all
from notifier.transports.memory import MemoryTransport
from tests.transports.post_office import letters


def test_it_keeps_what_it_takes_and_refuses_what_it_is_told_to() -> None:
    full = Refused("452 full")
    memory = MemoryTransport(outcomes={"reader2@example.org": full})
    transport: Transport = memory
    assert list(send_all(transport, letters(3))) == [(1, Sent("250 kept")), (2, full), (3, Sent("250 kept"))]
    assert [message.delivery_id for message in memory.sent] == [1, 3]
    assert len(memory.seen) == 3
