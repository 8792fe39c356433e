"""What a DKIM signature costs: RSA-2048 on one thread and on two, and all but the RSA operation by itself."""

import time
import timeit
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Final

from bench.place import options, say
from notifier.domain.address import check_address
from notifier.domain.dkim import DkimKey, DkimKind, DkimSigner
from notifier.domain.mail import Envelope, Letterhead, build
from notifier.domain.words import LetterKind

QUICK, FULL = 2_000, 20_000
DOMAIN: Final = "bench.example"
AT: Final = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
TEXT, HTML = "نص الرسالة كما يقرأه القارئ. ".encode() * 80, "<p>نص الرسالة كما يقرأه القارئ.</p>".encode() * 270
ROUNDS: Final = 5
SIGNATURE_OCTETS: Final = 256


class _Free(DkimKey):
    """A key that takes no time."""

    def sign(self, data: bytes) -> bytes:  # noqa: ARG002 - what a key is asked
        return bytes(SIGNATURE_OCTETS)


def main() -> None:
    """Sign one letter over and over, and print the figures."""
    size = options(__doc__ or "", "signatures", QUICK, FULL).size
    key = DkimKey.new(DOMAIN, "rsa", DkimKind.RSA)
    headers, body = letter()
    work = {
        name: partial(DkimSigner([one]).sign, DOMAIN, [headers], body, AT)
        for name, one in {
            "rsa": key,
            "ed25519": DkimKey.new(DOMAIN, "ed25519", DkimKind.ED25519),
            "free": _Free(DOMAIN, "free", key.private),
        }.items()
    }
    say(
        signatures_per_s_one_thread=per_s(work["rsa"], size, threads=1),
        signatures_per_s_two_threads=per_s(work["rsa"], size, threads=2),
        ed25519_per_s_one_thread=per_s(work["ed25519"], size, threads=1),
        rsa_alone_per_s_one_thread=per_s(partial(key.sign, headers), size, threads=1),
        overhead_us=round(least_us(work["free"], size), 1),
        headers=headers.count(b"\r\n") - headers.count(b"\r\n "),
        message_bytes=len(headers) + 2 + len(body),
    )


def letter() -> tuple[bytes, bytes]:
    """Headers and body of a reply letter, which has the most headers, as it leaves."""
    head = Letterhead(
        kind=LetterKind.REPLY,
        letter_id=12,
        slug="bench",
        language="ar",
        sender_name="صحيفة القياس",
        sender_address=f"news@{DOMAIN}",
        subject="ردّ على تعليقك: مناسيب دجلة ترتفع في الموصل بعد ثلاثة أيام من الأمطار",
        subject_id="article-164",
    )
    envelope = Envelope(
        to=check_address("layla@example.org"),
        name="ليلى البصري",
        message_id=f"<d7.9f3a@{DOMAIN}>",
        sent_at=AT,
        unsubscribe_url=f"https://{DOMAIN}/u/" + "kq3v9xT2" * 6,
        preferences_url=f"https://{DOMAIN}/p/" + "kq3v9xT2" * 6,
    )
    headers, _, body = build(head, envelope, TEXT, HTML).partition(b"\r\n\r\n")
    return headers + b"\r\n", body


def per_s(work: Callable[[], bytes], times: int, threads: int) -> int:
    """How often a second, all threads together; each does it `times` times."""
    with ThreadPoolExecutor(threads) as pool:
        began = time.perf_counter()
        for done in [pool.submit(timeit.timeit, work, number=times) for _ in range(threads)]:
            done.result()
    return round(times * threads / (time.perf_counter() - began))


def least_us(work: Callable[[], bytes], times: int) -> float:
    """Microseconds once, in the quietest of a few rounds."""
    return min(timeit.repeat(work, number=times, repeat=ROUNDS)) / times * 1e6


if __name__ == "__main__":
    main()
