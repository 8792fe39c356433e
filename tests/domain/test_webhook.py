"""Signed requests: whose they are, when they were made, and that each counts once."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from notifier.domain.webhook import REMEMBERED_MAX, Hook, read, remembered, secret_text, sign

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
AT = int(NOW.timestamp())
KEY, OLD = b"k" * 32, b"o" * 32
BODY = b'{"type":"site.changed"}'


def headers(hook: Hook, key: bytes = KEY, body: bytes = BODY) -> dict[str, str]:
    return {
        "webhook-id": hook.id,
        "webhook-timestamp": str(hook.timestamp),
        "webhook-signature": sign(key, hook, body),
    }


def test_the_example_of_the_standard_is_signed_as_there() -> None:
    from base64 import b64decode  # noqa: PLC0415

    key = b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    hook = Hook("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330)
    assert sign(key, hook, b'{"test": 2432232314}') == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert secret_text(key) == "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_either_of_our_keys_and_any_of_several_signatures_will_do() -> None:
    hook = Hook("msg_1", AT)
    assert read(headers(hook), BODY, [KEY, OLD], NOW, 300) == hook
    assert read(headers(hook, OLD), BODY, [KEY, OLD], NOW, 300) == hook
    given = headers(hook)
    assert read({**given, "webhook-signature": f"v1a,x v1,AAAA {given['webhook-signature']}"}, BODY, [KEY], NOW, 300)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("value", ["", "x", "é", "1", "a.b", "v1,", "9" * 400, "-1"])
def test_nothing_else_is_read(name: str, value: str) -> None:
    given = headers(Hook("msg_1", AT))
    assert read({**given, name: value}, BODY, [KEY], NOW, 300) is None
    del given[name]
    assert read(given, BODY, [KEY], NOW, 300) is None


@pytest.mark.parametrize(("off", "is_read"), [(-301, False), (-300, True), (300, True), (301, False)])
def test_a_clock_may_be_off_by_so_much(off: int, *, is_read: bool) -> None:
    hook = Hook("msg_1", AT + off)
    assert (read(headers(hook), BODY, [KEY], NOW, 300) is not None) is is_read


def test_another_body_or_key_is_refused() -> None:
    hook = Hook("msg_1", AT)
    assert read(headers(hook), BODY + b" ", [KEY], NOW, 300) is None
    assert read(headers(replace(hook, timestamp=AT - 1)), BODY, [OLD], NOW, 300) is None


def test_each_counts_once_in_any_order() -> None:
    known: list[str] = []
    for hook in (Hook("b", AT), Hook("a", AT), Hook("a", AT - 9)):
        new = remembered(known, hook, NOW, 300)
        assert new is not None
        known = new
        assert remembered(known, hook, NOW, 300) is None
    assert len(known) == 3


def test_a_flood_is_forgotten_without_being_heeded_again() -> None:
    known: list[str] = []
    hooks = [Hook(f"m{n}", AT + n // 10) for n in range(2 * REMEMBERED_MAX)]
    for hook in hooks:
        known = remembered(known, hook, NOW, 300) or known
    assert len(known) <= REMEMBERED_MAX + 1
    assert all(remembered(known, hook, NOW, 300) is None for hook in hooks)
    assert remembered(known, Hook("new", AT + 250), NOW, 300) is not None
