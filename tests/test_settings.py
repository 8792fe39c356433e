"""What start-up refuses, and in which words."""

import sys

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
        ("GROUP_RATES", "google", "`group=letters a second`"),
        ("GROUP_RATES", "google=fast", "number"),
        ("GROUP_RATES", "google=0", "greater than 0"),
        ("GROUP_RATES", "google=1,google=2", "twice"),
        ("SMTP_ACCOUNTS", "{", "is not JSON"),
        ("SMTP_ACCOUNTS", "[]", "JSON object"),
        ("SMTP_ACCOUNTS", '{"a": {}}', "host"),
        ("SMTP_ACCOUNTS", '{"a": {"host": "h", "colour": 1}}', "colour"),
        ("SMTP_ACCOUNTS", '{"a": {"host": "h", "weight": 0}}', "greater than 0"),
        ("SMTP_ACCOUNTS", '{"a": {"host": "h", "tls": "maybe"}}', "required"),
        ("SMTP_ACCOUNTS", '{"a": {"host": "h"}, "a": {"host": "i"}}', "twice"),
        ("SMTP_ACCOUNTS", '{"a": {"host": "h", "host": "i"}}', "twice"),
        ("SMTP_ACCOUNTS", '{"editor@a.example": {"host": "h"}}', "pattern"),
        ("SMTP_ACCOUNTS", '{"a": {"host": "h", "reply_timeout_s": 2000}}', "longer than"),
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


def test_without_a_list_the_one_account_is_that_of_the_single_settings() -> None:
    given = {"SMTP_HOST": "relay.example", "SMTP_CONNECTIONS": "3", "SEND_RATE_PER_S": "7", "GROUP_RATES": "google=2"}
    knobs = settings.of({**GOOD, **{f"NOTIFIER_{name}": value for name, value in given.items()}})
    (account,) = knobs.accounts.values()
    assert list(knobs.accounts) == ["smtp"]
    assert (account.host, account.connections, account.rate_per_s, account.burst) == ("relay.example", 3, 7, 0)
    assert account.group_rates == {"google": 2}


def test_several_accounts_have_their_own_values_and_the_common_group_rates() -> None:
    text = """{"big": {"host": "a.example", "weight": 3, "group_rates": {"google": 9}, "password": "hunter22"},
               "small": {"host": "b.example", "port": 587, "rate_per_s": 5}}"""
    knobs = settings.of({**GOOD, "NOTIFIER_SMTP_ACCOUNTS": text, "NOTIFIER_GROUP_RATES": "google=2, yahoo=1"})
    big, small = knobs.accounts["big"], knobs.accounts["small"]
    assert (big.weight, big.group_rates) == (3, {"google": 9, "yahoo": 1})
    assert (small.port, small.rate_per_s, small.group_rates) == (587, 5, {"google": 2, "yahoo": 1})
    assert "hunter22" not in f"{knobs!r}"
    assert big.password.get_secret_value() == "hunter22"


@pytest.mark.parametrize("text", ['{"a": {"password": "hunter22"}}', '{"a": {"password": "hunter22",}}'])
def test_a_refusal_does_not_repeat_a_password(text: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        settings.of({**GOOD, "NOTIFIER_SMTP_ACCOUNTS": text})
    assert "hunter22" not in str(refusal.value)


PROVIDER = {
    "NOTIFIER_OIDC_ISSUER": "https://id.rafidain.example/realms/news",
    "NOTIFIER_OIDC_CLIENT_ID": "desk",
    "NOTIFIER_OIDC_CLIENT_SECRET": "hush",
}


@pytest.mark.parametrize("missing", list(PROVIDER))
def test_half_a_provider_is_refused_and_the_other_half_named(missing: str) -> None:
    given = {name: value for name, value in PROVIDER.items() if name != missing}
    with pytest.raises(ValidationError) as refusal:
        settings.of({**GOOD, **given})
    assert f"belong together; missing: {missing}" in str(refusal.value)
    assert "hush" not in str(refusal.value)


@pytest.mark.parametrize(
    ("knob", "value", "said"),
    [
        ("OIDC_ISSUER", "http://id.rafidain.example", "https"),
        ("OIDC_ISSUER", "id.rafidain.example", "https"),
        ("OIDC_ISSUER", "https://id.rafidain.example/?a=b", "alone"),
        ("OIDC_TIMEOUT_S", "0", "greater than 0"),
        ("OIDC_VERIFIED_CLAIM", "", "at least 1"),
    ],
)
def test_a_provider_that_cannot_work_is_refused(knob: str, value: str, said: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        settings.of({**GOOD, **PROVIDER, f"NOTIFIER_{knob}": value})
    assert said in str(refusal.value)


def test_a_provider_without_the_library_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "authlib", None)
    with pytest.raises(ValidationError, match=r"pip install 'notifier\[oidc\]'"):
        settings.of({**GOOD, **PROVIDER})


def test_a_desk_that_nobody_could_enter_is_refused() -> None:
    with pytest.raises(ValidationError, match="let nobody log in"):
        settings.of({**GOOD, "NOTIFIER_OIDC_REQUIRE": "true"})


def test_a_provider_is_called_by_its_host_until_it_has_a_name() -> None:
    assert settings.of({**GOOD, **PROVIDER}).provider_name == "id.rafidain.example"
    assert settings.of({**GOOD, **PROVIDER, "NOTIFIER_OIDC_NAME": "Rafidain"}).provider_name == "Rafidain"


def test_the_words_of_a_second_factor_are_a_list() -> None:
    assert settings.of({**GOOD, "NOTIFIER_OIDC_SECOND_FACTOR": "mfa, otp"}).oidc_second_factor == ("mfa", "otp")
