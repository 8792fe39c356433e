"""Every mix of real and claimed charset comes out as the same Arabic."""

import pytest

from notifier.sources.charset import decode
from notifier.sources.feed import read_feed

ARABIC = "افتتاح جسر المشاة الجديد، وأمطار في الشمال"
URL = "https://example.invalid/feed/"


def document(declared: str, title: str = ARABIC) -> str:
    opening = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    return f'{opening}<rss version="2.0"><channel><item><guid>1</guid><title>{title}</title></item></channel></rss>'


@pytest.mark.parametrize("in_header", ["", "utf-8", "windows-1256", "iso-8859-1", "no-such-charset"])
@pytest.mark.parametrize("declared", ["", "UTF-8", "windows-1256", "ISO-8859-1", "unicode_escape"])
@pytest.mark.parametrize("real", ["utf-8", "windows-1256", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_arabic_survives_a_wrong_charset(real: str, declared: str, in_header: str) -> None:
    if real.startswith("utf-16-") and not declared:
        declared = "utf-16"
    content_type = f"application/rss+xml; charset={in_header}" if in_header else "text/xml"
    items = read_feed(document(declared).encode(real), content_type, URL)
    assert [item.title for item in items] == [ARABIC]


@pytest.mark.parametrize("declared", ["iso-8859-6", "cp1256", "x-windows-1256"])
def test_a_declared_arabic_charset_is_believed(declared: str) -> None:
    plain = "خبر عاجل"
    body = document(declared, plain).encode("iso-8859-6" if "8859" in declared else "cp1256")
    assert read_feed(body, "text/xml; charset=utf-8", URL)[0].title == plain


def test_a_declaration_in_the_header_alone_is_believed() -> None:
    assert decode("שלום לכולם".encode("cp1255"), "text/xml; charset=windows-1255") == "שלום לכולם"


def test_a_letter_cut_in_half_does_not_spoil_the_rest() -> None:
    body = document("utf-8", ARABIC + "؟!").encode().replace("؟".encode(), "؟".encode()[:1])
    title = read_feed(body, "text/xml; charset=windows-1256", URL)[0].title
    assert title.startswith(ARABIC)
    assert title.endswith("!")


def test_western_text_without_a_charset_stays_western() -> None:
    french = "Un été à la plage, très loin"
    assert decode(french.encode("cp1252"), "text/xml; charset=utf-8") == french


def test_any_bytes_become_text() -> None:
    for body in (b"", b"\xff", b"\xff\xfe\x00", bytes(range(256)), b"\xef\xbb\xbf\xff", b"<\0?\0\xd8"):
        assert isinstance(decode(body, "text/xml; charset=punycode"), str)
