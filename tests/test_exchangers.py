"""Groups by MX: learnt beside the sending, from a double of the DNS."""

import threading
import time
from collections.abc import Callable, Sequence

import pytest
import redis
from structlog.testing import capture_logs

from notifier.exchangers import AGAIN_S, LASTS_S, Groups, MxUnknownError
from notifier.shared import Shared

SERVERS = {"daily.iq": ("aspmx.l.google.com.",), "own.iq": ("mx.own.iq.",), "none.iq": ()}


class Dns:
    """Answers from a table; what is not in it fails."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.may_answer = threading.Event()
        self.may_answer.set()

    def __call__(self, domain: str) -> Sequence[str]:
        self.asked.append(domain)
        self.may_answer.wait(10)
        try:
            return SERVERS[domain]
        except KeyError:
            raise MxUnknownError from None


def wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.long
def test_a_domain_is_its_own_group_until_its_servers_are_known(empty_redis_url: str) -> None:
    dns = Dns()
    dns.may_answer.clear()
    groups = Groups(Shared(empty_redis_url), dns)
    started = time.monotonic()
    assert [groups("Daily.iq"), groups("own.iq"), groups("none.iq")] == ["daily.iq", "own.iq", "none.iq"]
    assert time.monotonic() - started < 0.5, "nobody waits for the DNS"
    dns.may_answer.set()
    wait(lambda: groups("daily.iq") == "google")
    wait(lambda: len(dns.asked) == 3)
    assert groups("own.iq") == "own.iq"
    groups.close()


@pytest.mark.long
def test_another_worker_learns_it_without_asking(empty_redis_url: str) -> None:
    first, dns = Groups(Shared(empty_redis_url), Dns()), Dns()
    first("daily.iq")
    wait(lambda: first("daily.iq") == "google")
    first.close()
    with redis.Redis.from_url(empty_redis_url) as client:
        wait(lambda: client.dbsize() == 1)
    second = Groups(Shared(empty_redis_url), dns)
    second("daily.iq")
    wait(lambda: second("daily.iq") == "google")
    second.close()
    assert dns.asked == []


def test_providers_and_reserved_names_are_never_asked_for(empty_redis_url: str) -> None:
    dns = Dns()
    groups = Groups(Shared(empty_redis_url), dns)
    found = [groups(domain) for domain in ("gmail.com", "a.example", "b.test", "localhost", "c.invalid", "daily.iq")]
    assert found == ["google", "a.example", "b.test", "localhost", "c.invalid", "daily.iq"]
    wait(lambda: groups("daily.iq") == "google")
    assert dns.asked == ["daily.iq"]
    groups.close()


@pytest.mark.long
def test_a_lookup_that_failed_is_tried_again_later_and_no_domain_is_logged(empty_redis_url: str) -> None:
    now, dns = [0.0], Dns()
    groups = Groups(Shared(empty_redis_url), dns, clock=lambda: now[0])
    with capture_logs() as lines:
        for _ in range(5):
            assert groups("away.iq") == "away.iq"
        wait(lambda: len(dns.asked) == 1)
        now[0] = AGAIN_S
        groups("away.iq")
        wait(lambda: len(dns.asked) == 2)
    assert lines == []
    groups.close()


@pytest.mark.long
def test_what_is_known_is_asked_for_again_in_a_day_and_used_meanwhile() -> None:
    now, dns = [0.0], Dns()
    groups = Groups(Shared("amqp://127.0.0.1//"), dns, clock=lambda: now[0])
    groups("daily.iq")
    wait(lambda: groups("daily.iq") == "google")
    now[0] = LASTS_S
    assert groups("daily.iq") == "google"
    wait(lambda: len(dns.asked) == 2)
    groups.close()


def test_without_lookups_only_the_table_counts(empty_redis_url: str) -> None:
    groups = Groups(Shared(empty_redis_url), None)
    assert [groups("daily.iq"), groups("gmail.com")] == ["daily.iq", "google"]
    groups.close()
