"""A mail that came back, read by what the standards say: reports (RFC 3464, 6533, 5965), else by whatever it says."""

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message as Email
from email.parser import BytesHeaderParser, HeaderParser
from enum import StrEnum
from typing import Final

from flufl.bounce import all_failures

from notifier.domain.incoming import is_automatic, leaves, text_of
from notifier.domain.returns.classify import Verdict, classify
from notifier.domain.returns.event import Told
from notifier.domain.returns.words import BounceClass

WORDS_MAX: Final = 8000
RECIPIENTS_MAX: Final = 50
SCANNED_MAX: Final = 200_000
_STATUS_TYPES: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RECEIPTS: Final = frozenset({"message/disposition-notification", "message/global-disposition-notification"})
_QUOTED: Final = (
    "--- Below this line is a copy of the message", "----- Original message -----", "------ This is a copy of",
    "----- Message header follows", "-----Original Message-----", "--- النص الأصلي",
)  # fmt: skip
_HEADERS_ONLY: Final = frozenset({"text/rfc822-headers", "message/rfc822-headers", "message/global-headers"})


class Nature(StrEnum):
    """What a mail to an address for returned mail is."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    NOT_SPAM = "not_spam"
    """A report that takes a complaint back (RFC 5965 7.3)."""
    ANSWER = "answer"
    """A machine's: an absence, a receipt, or that all is well."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Report:
    """What it is and, of a bounce, what it says."""

    nature: Nature
    told: Told | None = None


def read_report(mail: Email, mail_from: str | None = None) -> Report:
    """What a mail says that came to an address of returned mail; `mail_from` is empty where a server sent it."""
    parts = list(leaves(mail))
    kinds = {part.get_content_type() for part in parts}
    if "message/feedback-report" in kinds:
        return Report(_complaint(next(one for one in parts if one.get_content_type() == "message/feedback-report")))
    if kinds & _RECEIPTS:
        return Report(Nature.ANSWER)
    for part in parts:
        if part.get_content_type() in _STATUS_TYPES and (found := _of_status(part)):
            return found
    return _of_words(mail, parts, mail_from)


def original(mail: Email) -> Iterator[Email]:
    """The headers of the letter that a report is about, as far as it has them."""
    for part in leaves(mail):
        kind = part.get_content_type()
        if kind in {"message/rfc822", "message/global"} and part.is_multipart():
            yield from (one for one in part.get_payload() if isinstance(one, Email))
        elif kind in _HEADERS_ONLY or kind in {"message/rfc822", "message/global"}:
            yield BytesHeaderParser().parsebytes(_octets(part))
        elif kind == "message/feedback-report":
            yield from _blocks(part)
        elif kind == "text/plain" and not part.get_filename():
            yield from _quoted(text_of(part))


def _quoted(words: str) -> Iterator[Email]:
    """The letter's headers where a program put them below its own words (qmail, Exim)."""
    for mark in _QUOTED:
        _, found, rest = words.partition(mark)
        if found:
            yield HeaderParser().parsestr(rest.partition("\n")[2].lstrip()[:WORDS_MAX])


def _complaint(part: Email) -> Nature:
    kinds = [str(block.get("Feedback-Type", "")).strip().lower() for block in _blocks(part)]
    if "not-spam" in kinds:
        return Nature.NOT_SPAM
    # auth-failure and dmarc reports speak of forgers, not of readers (RFC 6591).
    return Nature.COMPLAINT if {"abuse", "fraud", "opt-out", "opt-out-list", "other"} & set(kinds) else Nature.UNKNOWN


def _of_status(part: Email) -> Report | None:
    """By the groups of fields for each recipient: one that failed tells more than one that is delayed."""
    found: dict[str, Report] = {}
    for block in _blocks(part)[: RECIPIENTS_MAX + 1]:
        action = str(block.get("Action", "")).split(";")[0].strip().lower()
        if not action:
            continue
        status = str(block.get("Status", ""))
        diagnostic = " ".join(str(block.get("Diagnostic-Code", "")).partition(";")[2].split())
        told = Told(diagnostic or status, status, is_final=action == "failed")
        is_refusal = action in {"failed", "delayed"}
        found.setdefault(action, Report(Nature.BOUNCE, told) if is_refusal else Report(Nature.ANSWER))
    return next((found[action] for action in ("failed", "delayed", *found) if action in found), None)


def _of_words(mail: Email, parts: list[Email], mail_from: str | None) -> Report:
    is_from_server = mail_from == "" or _is_from_server(mail)
    words = "\n".join(text_of(part) for part in parts if part.get_content_maintype() == "text")[:WORDS_MAX]
    for mark in _QUOTED:
        words = words.partition(mark)[0]
    later, now = _scanned(mail, parts)
    if later or now:
        why = BounceClass.TEMPORARY if later and not now else None
        return Report(Nature.BOUNCE, Told(words, is_final=bool(now), otherwise=why))
    verdict = classify(words)
    if verdict.why is BounceClass.AUTO_REPLY or _is_absence(mail, verdict):
        return Report(Nature.ANSWER)
    if verdict.why is BounceClass.UNKNOWN or not is_from_server:
        return Report(Nature.ANSWER if is_automatic(mail, "x") else Nature.UNKNOWN)
    return Report(Nature.BOUNCE, Told(words, is_final=verdict.is_final))


def _is_absence(mail: Email, verdict: Verdict) -> bool:
    """Whether somebody's machine answers for them, in whatever words: "this account is not available until Sunday".

    Servers mark their bounces so too, but they say in a way of their own which address failed, or why (RFC 3463).
    """
    is_marked = str(mail.get("Auto-Submitted", "")).strip().lower().startswith("auto-replied")
    is_told = verdict.status or mail.get("X-Failed-Recipients") or mail.get_content_type() == "multipart/report"
    return is_marked and (verdict.why is BounceClass.UNKNOWN or not is_told)


def _scanned(mail: Email, parts: list[Email]) -> tuple[bool, bool]:
    """Whether a bounce that follows no standard speaks of a failure that may pass, and of one for good."""
    if sum(len(_octets(part)) for part in parts) > SCANNED_MAX:
        return False, False
    try:
        later, now = all_failures(mail)
    except Exception:  # noqa: BLE001 - its detectors take for granted what a hostile mail may lack
        return False, False
    return bool(later), bool(now)


def _is_from_server(mail: Email) -> bool:
    sender = str(mail.get("From", "")).lower()
    return "mailer-daemon" in sender or "postmaster" in sender or "mail delivery" in sender or not sender.strip()


def _blocks(part: Email) -> list[Email]:
    """The groups of fields of a report's machine-readable part."""
    payload = part.get_payload() if part.is_multipart() else None
    if isinstance(payload, list):
        blocks = [one for one in payload if isinstance(one, Email)]
        # A part that is encoded is one block without a header.
        if any(block.keys() for block in blocks):
            inner = [HeaderParser().parsestr(_text(block)) for block in blocks]
            return [*blocks, *(one for one in inner if one.keys())]
        encoded = "".join(map(_text, blocks))
        plain = Email()
        plain["Content-Transfer-Encoding"] = str(part.get("Content-Transfer-Encoding", ""))
        plain.set_payload(encoded)
        part = plain
    groups = _octets(part).replace(b"\r\n", b"\n").split(b"\n\n")
    return [BytesHeaderParser().parsebytes(group.lstrip(b"\n") + b"\n\n") for group in groups if group.strip()]


def _text(part: Email) -> str:
    return _octets(part).decode("utf-8", "replace")


def _octets(part: Email) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""
