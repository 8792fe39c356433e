"""The lunar Hijri date beside another: by Umm al-Qura, so a day off where the new moon is watched for."""

from datetime import date
from typing import Final

from hijridate import Gregorian

MONTHS: Final = {
    "ar": (
        *("محرم", "صفر", "ربيع الأول", "ربيع الآخر", "جمادى الأولى", "جمادى الآخرة"),
        *("رجب", "شعبان", "رمضان", "شوال", "ذي القعدة", "ذي الحجة"),
    ),
    "ckb": (
        *("موحەڕڕەم", "سەفەر", "ڕەبیعی یەکەم", "ڕەبیعی دووەم", "جومادای یەکەم", "جومادای دووەم"),
        *("ڕەجەب", "شەعبان", "ڕەمەزان", "شەووال", "زولقەعدە", "زولحیججە"),
    ),
    "en": (
        *("Muharram", "Safar", "Rabi I", "Rabi II", "Jumada I", "Jumada II"),
        *("Rajab", "Shaban", "Ramadan", "Shawwal", "Dhu al-Qadah", "Dhu al-Hijjah"),
    ),
    "fa": (
        *("محرم", "صفر", "ربیع‌الاول", "ربیع‌الثانی", "جمادی‌الاول", "جمادی‌الثانی"),
        *("رجب", "شعبان", "رمضان", "شوال", "ذی‌القعده", "ذی‌الحجه"),
    ),
    "he": (
        *("מוחרם", "צפר", "רביע אל-אוול", "רביע א-ת׳אני", "ג׳ומאדא אל-אולא", "ג׳ומאדא א-ת׳אניה"),
        *("רג׳ב", "שעבאן", "רמדאן", "שוואל", "ד׳ו אל-קעדה", "ד׳ו אל-חיג׳ה"),
    ),
    "ur": (
        *("محرم", "صفر", "ربیع الاول", "ربیع الثانی", "جمادی الاول", "جمادی الثانی"),
        *("رجب", "شعبان", "رمضان", "شوال", "ذوالقعدہ", "ذوالحجہ"),
    ),
}
_BESIDE: Final = {
    "ar": "{date}، الموافق {day} {month} {year}هـ",
    "ckb": "{date}، بەرامبەر بە {day}ی {month}ی {year}ی کۆچی",
    "en": "{date} ({day} {month} {year} AH)",
    "fa": "{date}، برابر با {day} {month} {year} قمری",
    "he": "{date} ({day} ב{month} {year} להיג׳רה)",
    "ur": "{date}، بمطابق {day} {month} {year}ھ",
}


def hijri(day: date) -> tuple[int, int, int]:
    """Year, month and day of the month. Raises ValueError outside 1343-1500 (1924-2077)."""
    try:
        return Gregorian.fromdate(day).to_hijri().datetuple()
    except OverflowError as error:
        raise ValueError(str(error)) from error


def with_hijri(written: str, day: date, language: str) -> str:
    """A date as `language` (a base language) writes it, and the same day by the moon; alone where none is known."""
    try:
        year, month, number = hijri(day)
    except ValueError:
        return written
    return _BESIDE[language].format(date=written, day=number, month=MONTHS[language][month - 1], year=year)
