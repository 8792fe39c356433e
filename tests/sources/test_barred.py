"""Lists of whom not to write to, however they are written."""

import pytest

from notifier.sources.barred import Barred, read
from notifier.sources.lists import ListError

HASH = "ab" * 32


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("layla@example.org\n@example.net\n", [("layla@example.org", ""), ("@example.net", "")]),
        ("# ours\nlayla@example.org\ttold us, twice, by phone\n", [("layla@example.org", "told us, twice, by phone")]),
        (f"{HASH},bounced,bounce,2026-11-23\n", [(HASH, "bounced")]),
        (
            f"who,reason,source,since\n'@example.org,spam trap,desk,x\n{HASH},,,\n",
            [("@example.org", "spam trap"), (HASH, "")],
        ),
        ('Reason;E-Mail\n"شكوى؛ مرتين";a@b.example\n', [("a@b.example", "شكوى؛ مرتين")]),
        ("\ufeffemail\na@b.example\n\n  \n", [("a@b.example", "")]),
        ("nonsense\n", [("nonsense", "")]),
    ],
)
def test_each_row_names_whom_and_why(text: str, rows: list[tuple[str, str]]) -> None:
    assert list(read(lambda: [text.encode()])) == [Barred(*row) for row in rows]


def test_windows_arabic_is_read_as_it_was_written() -> None:
    text = "العنوان@ليس.هنا\nlayla@example.org,طلبت ذلك\n"
    assert list(read(lambda: [text.encode("cp1256")]))[1] == Barred("layla@example.org", "طلبت ذلك")


@pytest.mark.parametrize("nothing", [b"", b"\n \n"])
def test_an_empty_file_is_said_to_be_one(nothing: bytes) -> None:
    with pytest.raises(ListError, match="empty"):
        list(read(lambda: [nothing]))
