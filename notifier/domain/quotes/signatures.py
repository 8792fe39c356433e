"""What programs and people put under an answer: "Sent from my iPhone", and whatever follows "-- "."""

import re
from typing import Final

LENGTH_MAX: Final = 90
_DELIMITER: Final = re.compile(r"--")
_ADVERT: Final = re.compile(
    r"(?:sent|posted) (?:from|via|with|using)\b.*"
    r"|get outlook for .*|download outlook for .*|(?:yahoo|aol) mail[:.].*"
    r"|(?:[أا]رسلت|أرسل|مرسلة?|تم ال[إا]رسال|تم إرساله[ا]?|أرسلت هذه الرسالة) (?:من|عبر|باستخدام|بواسطة|هذه).*"
    r"|(?:الحصول على|احصل على|تنزيل) outlook .*|بريد yahoo.*"
    r"|(?:ارسال|فرستاده)\s?\u200c?شده (?:از|با|توسط).*|از (?:آیفون|گوشی|iphone) (?:من|خود) (?:ارسال|فرستاده).*"
    r"|(?:دریافت|دانلود) outlook .*|outlook (?:را|برای) .*"
    r"|נשלח (?:מה|מ|מתוך|באמצעות|דרך).*|(?:הורד|הורידו|קבל|קבלו|השג|להורדת) (?:את )?outlook .*"
    r"|.{0,60}(?:umdan|ımdan|imdan|ümdan|ndan|nden|den|dan|ile|kullanılarak) gönderildi\.?"
    r"|.{0,30} için outlook['’]u (?:edinin|indirin|alın).*"
    r"|(?:میرے|میری) .{1,40} سے (?:بھیجا|ارسال).*|.{1,40} سے بھیجا گیا۔?"
    r"|.{0,60}(?:ەوە|ەکەمەوە) نێردرا(?:وە|وه)?\.?|نێردرا(?:وە)? لە .*",
    re.IGNORECASE,
)


def ends_here(line: str) -> bool:
    """Whether a (plain) line parts an answer from its signature (RFC 3676 4.3)."""
    return bool(_DELIMITER.fullmatch(line))


def is_advert(line: str) -> bool:
    """Whether a (plain) line was put there by the program or the device."""
    return len(line) <= LENGTH_MAX and bool(_ADVERT.fullmatch(line.strip("*_[]<> ")))
