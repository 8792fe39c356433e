"""What start-up refuses, and in which words."""

import pytest
from pydantic import ValidationError

from notifier import settings

GOOD = {"NOTIFIER_SECRET_KEY": "tests-only-0123456789-abcdefghijklmnop"}


@pytest.mark.parametrize(
    ("knob", "value", "said"),
    [
        ("SECRET_KEY", "short", "too weak"),
        ("SECRET_KEY", "a" * 64, "too weak"),
        ("SECRET_KEYS_PREVIOUS", "weak,weaker", "too weak"),
        ("BASE_URL", "ftp://x.example", "http"),
        ("LEASE_S", "60", "longer than"),
        ("SMTP_TLS", "maybe", "required"),
        ("SMTP_PORT", "70000", "65535"),
        ("SEND_RATE_PER_S", "0", "greater than 0"),
    ],
)
def test_a_value_that_cannot_work_is_refused_with_a_sentence(knob: str, value: str, said: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        settings.of({**GOOD, f"NOTIFIER_{knob}": value})
    assert said in str(refusal.value)


def test_the_broker_is_redis_unless_another_is_named() -> None:
    redis, rabbit = "redis://:hunter22@127.0.0.1:6380/0", "amqp://guest:hunter22@127.0.0.1:5673//"
    assert settings.of({**GOOD, "NOTIFIER_REDIS_URL": redis}).broker == redis
    knobs = settings.of({**GOOD, "NOTIFIER_REDIS_URL": redis, "NOTIFIER_BROKER_URL": rabbit})
    assert (knobs.broker, knobs.redis_url.get_secret_value()) == (rabbit, redis)
    assert "hunter22" not in f"{knobs!r}"


def test_lists_are_written_with_commas() -> None:
    knobs = settings.of({**GOOD, "NOTIFIER_TRUSTED_PROXIES": "10.0.0.1, 10.0.0.2"})
    assert knobs.trusted_proxies == ("10.0.0.1", "10.0.0.2")


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    knobs = settings.of({**GOOD, "NOTIFIER_SMTP_PASSWORD": "hunter22"})
    assert "hunter22" not in f"{knobs!r} {knobs}"
    assert GOOD["NOTIFIER_SECRET_KEY"] not in f"{knobs!r}"


def test_an_unknown_variable_of_the_environment_does_not_matter() -> None:
    assert settings.of({**GOOD, "NOTIFIER_NONSENSE": "1", "PATH": "/bin"}).base_url == "http://127.0.0.1:8000"
