"""Providers' webhooks: proven, matched, once, in any order; and whatever is forged or brought again changes nothing."""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from notifier.domain import webhook
from notifier.domain.returns.providers import READERS
from notifier.domain.webhook import Hook
from notifier.mailroom import providers, sns
from notifier.sources.fetched import Fetched
from notifier.web.app import create_app
from tests.returns.conftest import Post

TOPIC = "arn:aws:sns:eu-west-1:123456789012:letters"
EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(65537, 2048)
Answer = tuple[int, dict[str, Any]]


def der(key: ec.EllipticCurvePrivateKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return b64encode(key.public_key().public_bytes(serialization.Encoding.DER, form)).decode()


def certificate() -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(RSA_KEY.public_key())
    built = built.serial_number(1).not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
    signed = built.not_valid_after(datetime(2027, 1, 1, tzinfo=UTC)).sign(RSA_KEY, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM)


class Amazon:
    """The only host that is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def get(self, url: str) -> Fetched:
        self.asked.append(url)
        return Fetched("ok", url, certificate())


class Door:
    """The API, spoken to as each provider does."""

    def __init__(self, post: Post) -> None:
        self.post = post
        self.amazon = Amazon()
        secret = type(post.world.parts.settings.secret_key)
        keys = {"mailgun_signing_key": secret("mg"), "postmark_login": secret("pm:word")}
        keys |= {"brevo_token": secret("brevo-token")}
        post.world.with_settings(**keys, sns_topics=(TOPIC,), sendgrid_verification_key=der(EC_KEY))
        self.open()

    def open(self) -> None:
        """The application under the settings as they are."""
        app = create_app(self.post.world.parts, now=self.post.world.clock)
        parts = replace(self.post.world.parts, fetch=self.amazon)  # type: ignore[arg-type]  # a double of the network's edge
        app.state.edge = replace(app.state.edge, parts=parts)
        self.client = TestClient(app)

    def say(self, provider: str, body: bytes, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.client.post(f"/api/v1/feedback/{provider}", content=body, headers=named)
        return answer.status_code, answer.json()

    def mailgun(self, event: dict[str, Any], nonce: str = "t1", *, late_s: int = 0, key: bytes = b"mg") -> Answer:
        stamp = str(int(self.post.now.timestamp()) - late_s)
        signature = hmac.new(key, f"{stamp}{nonce}".encode(), hashlib.sha256).hexdigest()
        signed = {"timestamp": stamp, "token": nonce, "signature": signature}
        return self.say("mailgun", json.dumps({"signature": signed, "event-data": event}).encode())

    def sendgrid(self, events: Any, key: ec.EllipticCurvePrivateKey = EC_KEY, late_s: int = 0) -> Answer:
        body, stamp = json.dumps(events).encode(), str(int(self.post.now.timestamp()) - late_s)
        signature = b64encode(key.sign(stamp.encode() + body, ec.ECDSA(hashes.SHA256()))).decode()
        headers = {"x_twilio_email_event_webhook_signature": signature, "x_twilio_email_event_webhook_timestamp": stamp}
        return self.say("sendgrid", body, **headers)

    def sns(self, message: Any, **changed: str) -> Answer:
        kind = changed.get("Type", "Notification")
        envelope = {
            "Type": kind, "MessageId": "1", "TopicArn": TOPIC, "Message": json.dumps(message),
            "Timestamp": "2026-11-23T09:00:00.000Z", "SignatureVersion": "2",
            "SigningCertURL": "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem", **changed,
        }  # fmt: skip
        names = ("Message", "MessageId", "SubscribeURL", "Subject", "Timestamp", "Token", "TopicArn", "Type")
        plain = "".join(f"{name}\n{envelope[name]}\n" for name in names if name in envelope)
        signature = RSA_KEY.sign(plain.encode(), padding.PKCS1v15(), hashes.SHA256())
        envelope.setdefault("Signature", b64encode(signature).decode())
        return self.say("ses", json.dumps(envelope).encode())

    def generic(self, events: list[dict[str, str]], name: str = "msg_1") -> Answer:
        body = json.dumps({"events": events}).encode()
        hook = Hook(name, int(self.post.now.timestamp()))
        signature = webhook.sign(providers.key_of(self.post.world.parts), hook, body)
        stamp = {"webhook_id": hook.id, "webhook_timestamp": str(hook.timestamp), "webhook_signature": signature}
        return self.say("generic", body, **stamp)


@pytest.fixture
def door(post: Post) -> Iterator[Door]:
    sns._key.cache_clear()  # noqa: SLF001 - each test has an Amazon of its own
    yield Door(post)
    sns._key.cache_clear()  # noqa: SLF001 - the same


@pytest.fixture
def clue(post: Post, door: Door) -> dict[str, str]:
    """Message-IDs by reader."""
    assert door.post is post
    post.readers("layla", "huda")
    post.send()
    return {name: str(post.letter(name)["Message-ID"]) for name in ("layla", "huda")}


def ses_bounce(clue: str, status: str = "5.1.1", said: str = "smtp; 550 5.1.1 user unknown") -> dict[str, Any]:
    return {
        "eventType": "Bounce",
        "mail": {"messageId": "0100", "commonHeaders": {"messageId": clue}},
        "bounce": {
            "bounceType": "Permanent", "bounceSubType": "General", "timestamp": "2026-11-23T09:00:00.000Z",
            "bouncedRecipients": [{"emailAddress": "x@example.org", "status": status, "diagnosticCode": said}],
        },
    }  # fmt: skip


def mailgun_bounce(clue: str) -> dict[str, Any]:
    status = {"code": 550, "message": "No such user here", "enhanced-code": "5.1.1"}
    headers = {"message-id": clue.strip("<>")}
    return {"event": "failed", "severity": "permanent", "delivery-status": status, "message": {"headers": headers}}


def test_each_provider_says_the_same_thing_once(post: Post, door: Door, clue: dict[str, str]) -> None:
    layla = clue["layla"]
    pm = {"RecordType": "Bounce", "Type": "HardBounce", "Metadata": {"notifier": layla.strip("<>").partition("@")[0]}}
    brevo = {"event": "hard_bounce", "message-id": layla}
    answers = [
        door.sns(ses_bounce(layla)),
        door.mailgun(mailgun_bounce(layla)),
        door.say("postmark", json.dumps(pm).encode(), authorization=f"Basic {b64encode(b'pm:word').decode()}"),
        door.sendgrid([{"event": "bounce", "smtp-id": layla, "status": "5.1.1", "reason": "550 unknown user"}]),
        door.say("brevo", json.dumps(brevo).encode(), authorization="Bearer brevo-token"),
        door.generic([{"event": "bounced", "message_id": layla, "status": "5.1.1"}]),
    ]  # fmt: skip
    assert [status for status, _ in answers] == [200] * 6
    assert [body["new"] for _, body in answers] == [1, 0, 0, 0, 0, 0]
    assert post.suppressed() == {"layla"}
    assert post.events() == ["bounced/bad_address"]


def test_complaints_departures_and_arrivals_are_told_apart(post: Post, door: Door, clue: dict[str, str]) -> None:
    batch = [
        {"event": "delivered", "smtp-id": clue["layla"]},
        {"event": "group_unsubscribe", "smtp-id": clue["layla"]},
        {"event": "spamreport", "smtp-id": clue["huda"]},
        {"event": "open", "smtp-id": clue["huda"]},
        {"event": "bounce", "smtp-id": "<1@elsewhere.example>"},
    ]
    status, told = door.sendgrid(batch)
    assert (status, told["new"], told["unknown"]) == (200, 3, 1)
    assert sorted(post.events()) == ["complained", "delivered", "left"]
    assert post.suppressed() == {"huda"}
    assert post.send("2") == {}


@pytest.mark.parametrize("status", ["5.7.1", "5.7.26", "5.7.606"])
def test_policy_is_ours_whatever_the_provider_calls_it(
    post: Post, door: Door, clue: dict[str, str], status: str
) -> None:
    door.sns(ses_bounce(clue["layla"], status, f"smtp; 550 {status} user unknown"))
    assert post.suppressed() == set()
    assert [one.about for one in post.alarms()] == ["account:smtp"]


def test_forged_and_foreign_requests_change_nothing_and_are_one_line_each(
    post: Post, door: Door, clue: dict[str, str]
) -> None:
    layla = clue["layla"]
    other = TOPIC.replace("letters", "others")
    forgeries: list[Callable[[], Answer]] = [
        lambda: door.sns(ses_bounce(layla), TopicArn=other),
        lambda: door.sns(ses_bounce(layla), Signature=b64encode(b"x" * 256).decode()),
        lambda: door.sns(ses_bounce(layla), SignatureVersion="1"),
        lambda: door.sns(ses_bounce(layla), SigningCertURL="https://sns.eu-west-1.amazonaws.com.evil.example/a.pem"),
        lambda: door.sns(ses_bounce(layla), SigningCertURL="https://sns.us-east-1.amazonaws.com/a.pem"),
        lambda: door.sns(ses_bounce(layla), SigningCertURL="http://sns.eu-west-1.amazonaws.com/a.pem"),
        lambda: door.sns(ses_bounce(layla), SigningCertURL="https://a@sns.eu-west-1.amazonaws.com/a.pem"),
        lambda: door.sns({}, Type="SubscriptionConfirmation", Token="t", SubscribeURL="https://evil.example/"),
        lambda: door.mailgun(mailgun_bounce(layla), key=b"guessed"),
        lambda: door.mailgun(mailgun_bounce(layla), late_s=3600),
        lambda: door.mailgun(mailgun_bounce(layla), late_s=-3600),
        lambda: door.sendgrid([{"event": "bounce", "smtp-id": layla}], ec.generate_private_key(ec.SECP256R1())),
        lambda: door.sendgrid([{"event": "bounce", "smtp-id": layla}], late_s=3600),
        lambda: door.say("postmark", b"{}", authorization="Basic cG06d3Jvbmc="),
        lambda: door.say("brevo", b"{}", authorization="Bearer x"),
        lambda: door.say("generic", b"{}"),
        lambda: door.say("mailgun", b"[" * 100_000),
        lambda: door.say("ses", b"\xff"),
    ]  # fmt: skip
    for forge in forgeries:
        with capture_logs() as lines:
            status, _ = forge()
        assert status == 401
        assert len(lines) == 1, lines
        assert "@" not in str(lines)
    assert post.events() == []
    assert post.suppressed() == set()
    assert not [url for url in door.amazon.asked if "evil" in url or "us-east" in url]


def test_a_mailgun_token_is_good_for_one_body(post: Post, door: Door, clue: dict[str, str]) -> None:
    assert door.mailgun(mailgun_bounce(clue["layla"]), "one")[0] == 200
    assert door.mailgun(mailgun_bounce(clue["huda"]), "one")[0] == 401
    assert post.suppressed() == {"layla"}
    assert door.mailgun(mailgun_bounce(clue["huda"]), "two")[0] == 200
    post.world.later(days=3)
    post.world.tick()


def test_a_subscription_is_confirmed_at_amazons_own_host(door: Door) -> None:
    url = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t"
    assert door.sns("You have chosen", Type="SubscriptionConfirmation", Token="t", SubscribeURL=url)[0] == 200
    assert door.amazon.asked[-1] == url


def test_a_provider_that_is_not_set_up_is_not_believed(post: Post, door: Door, clue: dict[str, str]) -> None:
    secret = type(post.world.parts.settings.secret_key)
    post.world.with_settings(
        mailgun_signing_key=secret(""), postmark_login=secret(""), brevo_token=secret(""), sns_topics=()
    )
    door.client = TestClient(create_app(post.world.parts, now=post.world.clock))
    assert door.mailgun(mailgun_bounce(clue["layla"]), key=b"")[0] == 401
    assert door.say("postmark", b"{}", authorization="Basic ")[0] == 401
    assert door.say("brevo", b"{}", authorization="Bearer ")[0] == 401
    assert door.sns(ses_bounce(clue["layla"]))[0] == 401
    assert door.say("nobody", b"{}")[0] == 404


def test_events_in_any_order_and_of_any_time_come_to_the_same(post: Post, door: Door, clue: dict[str, str]) -> None:
    late = str((post.now + timedelta(days=400)).timestamp())
    door.sendgrid([
        {"event": "bounce", "smtp-id": clue["layla"], "status": "5.1.1", "timestamp": late},
        {"event": "delivered", "smtp-id": clue["layla"], "timestamp": 1},
        {"event": "deferred", "smtp-id": clue["layla"], "response": "450 later", "timestamp": "x"},
    ])  # fmt: skip
    assert post.suppressed() == {"layla"}
    assert sorted(post.events()) == ["bounced/bad_address", "delayed/temporary", "delivered"]
    assert post.world.balance().failed == 1


@pytest.mark.parametrize("provider", READERS)
@pytest.mark.parametrize(
    "body", [None, [], {}, "x", 5, [[]], {"events": 5}, {"event-data": []}, {"mail": {"headers": [1]}}]
)
def test_json_of_any_shape_is_read(provider: str, body: Any) -> None:
    assert all(not one.clue or one.kind for one in READERS[provider](body))
