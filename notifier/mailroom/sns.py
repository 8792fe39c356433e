"""Amazon SNS: messages of topics that we were told of, signed by Amazon's own certificate; and their subscription."""

import json
import re
from base64 import b64decode
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from notifier import observe
from notifier.domain.returns.providers.heard import text
from notifier.parts import Parts
from notifier.sources.faults import FetchRefused
from notifier.sources.fetch import Fetcher

_NOTIFICATION: Final = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_SUBSCRIPTION: Final = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_SIGNED: Final = {"Notification": _NOTIFICATION, "SubscriptionConfirmation": _SUBSCRIPTION}
_ARN: Final = re.compile(r"arn:(aws|aws-cn|aws-us-gov):sns:([a-z0-9-]{5,30}):[0-9]{12}:[A-Za-z0-9_.-]{1,256}")
_log = observe.log(__name__)


def message(parts: Parts, body: bytes) -> Any | None:  # noqa: ANN401 - JSON
    """The JSON within a notification; {} for a subscription, which is confirmed; None for what is not proven."""
    try:
        envelope = json.loads(body)
    except (ValueError, RecursionError):
        return None
    topic, kind = text(envelope, "TopicArn"), text(envelope, "Type")
    if topic not in parts.settings.sns_topics or kind not in _SIGNED or not _is_signed(parts.fetch, envelope):
        return None
    if kind == "SubscriptionConfirmation":
        return _confirmed(parts.fetch, envelope)
    try:
        return json.loads(str(envelope["Message"]))
    except (ValueError, RecursionError):
        return None


def _confirmed(fetch: Fetcher, envelope: Any) -> dict[str, str] | None:  # noqa: ANN401 - JSON
    """Subscribe, by a request to Amazon's own host and no other."""
    url = text(envelope, "SubscribeURL")
    if not _is_amazons(url, text(envelope, "TopicArn")):
        return None
    try:
        fetch.get(url)
    except FetchRefused as fault:
        _log.warning("sns_not_confirmed", fault=fault.key)
        return None
    _log.info("sns_confirmed")
    return {}


def _is_signed(fetch: Fetcher, envelope: Any) -> bool:  # noqa: ANN401 - JSON
    """By SHA-256 (version 2): version 1 is SHA-1, which a topic need not use any more."""
    url = text(envelope, "SigningCertURL")
    is_new = text(envelope, "SignatureVersion") == "2"
    if not is_new or not _is_amazons(url, text(envelope, "TopicArn")) or not urlsplit(url).path.endswith(".pem"):
        return False
    names = [name for name in _SIGNED[text(envelope, "Type")] if envelope.get(name) is not None]
    plain = "".join(f"{name}\n{envelope[name]}\n" for name in names)
    try:
        key = _key(fetch, url)
        signature = b64decode(text(envelope, "Signature"), validate=True)
        key.verify(signature, plain.encode(errors="replace"), padding.PKCS1v15(), hashes.SHA256())
    except (FetchRefused, InvalidSignature, ValueError):
        return False
    return True


def _is_amazons(url: str, topic: str) -> bool:
    """Whether a URL leads to SNS in the topic's own region, over TLS."""
    region = found[2] if (found := _ARN.fullmatch(topic)) else ""
    try:
        place = urlsplit(url)
        host, port = place.hostname or "", place.port
    except ValueError:
        return False
    ours = {f"sns.{region}.amazonaws.com", f"sns.{region}.amazonaws.com.cn"}
    return bool(region) and place.scheme == "https" and host in ours and port in {None, 443} and "@" not in place.netloc


# Amazon changes it once a year; a process asks for it once.
@lru_cache(maxsize=8)
def _key(fetch: Fetcher, url: str) -> rsa.RSAPublicKey:
    key = x509.load_pem_x509_certificate(fetch.get(url).body).public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError("not an RSA certificate")  # noqa: TRY004 - as cryptography says of any other bad certificate
    return key
