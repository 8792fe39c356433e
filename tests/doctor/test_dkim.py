"""DKIM: what signs here verifies by what is published."""

import dkim as dkimpy
import pytest

from notifier.doctor import Light, dkim
from notifier.domain.dkim import DkimKey, DkimKind, DkimSigner
from tests.doctor.zone import SENDER, Clinic

RSA = DkimKey.new(SENDER, "rsa-2026", DkimKind.RSA)
ED = DkimKey.new(SENDER, "ed-2026", DkimKind.ED25519)


def published(clinic: Clinic, key: DkimKey, record: str = "") -> None:
    clinic.keys = (*clinic.keys, key)
    clinic.zone.text[key.dns_name] = [record or key.record]


def test_keys_that_are_published_as_they_sign_are_green(clinic: Clinic) -> None:
    published(clinic, RSA)
    published(clinic, ED)
    found = clinic.look(dkim.check)
    assert [one.light for one in found] == [Light.GREEN, Light.GREEN]
    assert "2048 bits" in found[0].found


@pytest.mark.parametrize("key", [RSA, ED])
@pytest.mark.parametrize(
    ("record", "words"),
    [
        ("v=DKIM1; k=KIND; p=", "revoked"),
        ("v=DKIM1; k=KIND; p=AAAA", "another key"),
        ("v=DKIM1; k=KIND; p=not base64!", "another key"),
        ("v=DKIM1; k=KIND; s=tlsrpt; p=SAME", "not for mail"),
        ("v=DKIM1; k=KIND; h=sha1; p=SAME", "SHA-256"),
    ],
)
def test_a_record_that_does_not_verify_is_red_with_the_right_one(
    clinic: Clinic, key: DkimKey, record: str, words: str
) -> None:
    own = key.record.partition("p=")[2]
    published(clinic, key, record.replace("KIND", key.kind).replace("SAME", own))
    found = clinic.one(dkim.check)
    assert found.light is Light.RED
    assert words in found.found
    assert found.record.startswith(f"{key.dns_name}. TXT ")


def test_another_key_of_the_same_kind_is_red(clinic: Clinic) -> None:
    published(clinic, ED, DkimKey.new(SENDER, "ed-2026", DkimKind.ED25519).record)
    assert clinic.one(dkim.check).light is Light.RED


def test_a_key_that_is_missing_or_there_twice_is_red(clinic: Clinic) -> None:
    clinic.keys = (RSA,)
    assert "not published" in clinic.one(dkim.check).found
    clinic.zone.text[RSA.dns_name] = [RSA.record, RSA.record]
    assert "2 records" in clinic.one(dkim.check).found


def test_a_trial_and_ed25519_alone_are_amber(clinic: Clinic) -> None:
    published(clinic, RSA, f"t=y; {RSA.record}")
    assert clinic.one(dkim.check).light is Light.AMBER
    clinic.keys = ()
    published(clinic, ED)
    assert "RSA" in clinic.one(dkim.check).advice


def test_a_sender_that_nothing_signs_for_is_amber(clinic: Clinic) -> None:
    found = clinic.one(dkim.check)
    assert (found.light, found.record) == (Light.AMBER, f"notifier dkim new {SENDER}")


@pytest.mark.parametrize("key", [RSA, ED])
def test_our_verifier_says_what_another_one_says(key: DkimKey) -> None:
    head, body = dkim.LETTER.replace(b"%b", SENDER.encode()), dkim.BODY
    signature = DkimSigner([key]).sign(SENDER, [head], body, dkim.AT)
    tags = dkim.tags_of(key.record)
    records = {f"{key.dns_name}.".encode(): key.record.encode()}

    def theirs(signature: bytes, body: bytes) -> bool:
        try:
            return bool(dkimpy.verify(signature + head + b"\r\n" + body, dnsfunc=lambda name, **_: records[name]))
        except dkimpy.DKIMException:
            return False

    assert theirs(signature, body)
    assert dkim.verified(signature, head, body, tags)
    assert not dkim.verified(signature, head, body + b"x\r\n", tags)
    assert not dkim.verified(signature, head.replace(b"reader@", b"writer@"), body, tags)
    assert not theirs(signature, body + b"x\r\n")
