"""Who a site is, as its owners say at the desk."""

import struct

import pytest
from sqlalchemy import select

from notifier.domain.desk_words import Role
from notifier.domain.picture_size import size_of
from notifier.models import AuditEvent, Site
from tests.desk.conftest import Desk, Somebody

PATH = "/at/naba/setup"
FORM = {
    "name": "صحيفة النبأ",
    "language": "ar-EG",
    "time_zone": "Africa/Cairo",
    "url": "https://naba.example",
    "sender_name": "النبأ اليوم",
    "sender_address": "letters@naba.example",
    "postal_address": "القاهرة",
    "colour": "#7a0f2c",
    "logo_url": "",
    "digits": "arab",
    "calendar": "hijri",
    "digest_hour": "7",
    "digest_weekday": "4",
    "sends_goodbye": "yes",
    "origins": "https://m.naba.example\nhttps://naba.example:8443/x",
    "replies_url": "https://naba.example/replies",
}


def site_of(desk: Desk) -> Site:
    with desk.visit.parts.db.reading() as session:
        return session.scalars(select(Site)).one()


@pytest.fixture
def owner(desk: Desk) -> Somebody:
    return desk.add(Role.OWNER)


def test_an_owner_changes_who_the_site_is_and_the_log_tells_which_fields(desk: Desk, owner: Somebody) -> None:
    answer = owner.post(PATH, **FORM)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/at/naba/setup?said=saved")
    site = site_of(desk)
    assert (site.language, site.time_zone, site.colour, site.digest_hour) == ("ar-EG", "Africa/Cairo", "#7a0f2c", 7)
    assert (site.digits, site.calendar, site.sends_welcome, site.sends_goodbye) == ("arab", "hijri", False, True)
    assert site.origins == ["https://m.naba.example", "https://naba.example:8443"]
    with desk.visit.parts.db.reading() as session:
        line = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert line is not None
    assert (line.action, line.site_id, line.actor) == ("site.changed", site.id, f"user:{owner.user_id}")
    assert "colour" in line.detail["fields"]
    assert "letters@" not in str(line.detail)
    assert "حُفظت" in owner.get(f"{PATH}?said=saved").text


BAD = {
    "name": " ",
    "language": "tlh",
    "time_zone": "Middle/Earth",
    "url": "javascript:alert(1)",
    "sender_address": "nobody",
    "colour": "red",
    "digits": "roman",
    "calendar": "mayan",
    "digest_hour": "24",
    "digest_weekday": "7",
    "origins": "not an origin",
    "replies_url": "ftp://naba.example",
    "logo_url": "javascript:alert(1)",
}


@pytest.mark.matrix(3)
@pytest.mark.parametrize("field", BAD)
def test_what_cannot_be_is_said_in_the_persons_language_and_nothing_typed_is_lost(
    desk: Desk, owner: Somebody, field: str
) -> None:
    before = desk.visit.rows()["sites"]
    answer = owner.post(PATH, **{**FORM, field: BAD[field]})
    assert answer.status_code == 422
    assert 'class="fault summary"' in answer.text
    assert field == "sender_name" or "النبأ اليوم" in answer.text
    assert desk.visit.rows()["sites"] == before


def test_looking_first_saves_nothing_and_shows_the_letter_as_it_would_be(desk: Desk, owner: Somebody) -> None:
    before = desk.visit.rows()
    page = owner.post(PATH, **{**FORM, "look": "yes", "colour": "#f5d90a"})
    assert page.status_code == 200
    assert desk.visit.rows() == before
    assert "باهت على الأبيض" in page.text
    assert "colour=%23f5d90a" in page.text
    letter = owner.get(f"{PATH}/preview?colour=%23f5d90a&name=%3Cscript%3Ealert(1)%3C/script%3E")
    assert "#f5d90a" in letter.text
    assert "<script" not in letter.text
    policy = letter.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "frame-ancestors 'self'" in policy


def test_an_editor_looks_and_changes_nothing(desk: Desk) -> None:
    editor = desk.add(Role.EDITOR)
    page = editor.get(PATH).text
    assert '<fieldset class="plain-set" disabled>' in page
    assert editor.post(PATH, **FORM).status_code == 403


def test_a_logo_is_fetched_for_its_size_and_never_from_inside(owner: Somebody) -> None:
    answer = owner.post(PATH, **{**FORM, "logo_url": "http://127.0.0.1:9/logo.png"})
    assert answer.status_code == 422
    assert "تعذّر جلب الشعار" in answer.text


PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 480, 120)
JPEG = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xff\xc2\x00\x11\x08" + struct.pack(">HH", 120, 480) + b"\x03"
VP8X = b"RIFF\0\0\0\0WEBPVP8X" + b"\0" * 8 + (479).to_bytes(3, "little") + (119).to_bytes(3, "little")
VP8L = b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f" + struct.pack("<I", 479 | 119 << 14)
VP8 = b"RIFF\0\0\0\0WEBPVP8 " + b"\0" * 10 + struct.pack("<HH", 480, 120)


@pytest.mark.parametrize("picture", [PNG, JPEG, b"GIF89a" + struct.pack("<HH", 480, 120), VP8X, VP8L, VP8])
def test_a_picture_tells_its_size_by_its_first_bytes(picture: bytes) -> None:
    assert size_of(picture) == (480, 120)
    assert all(size_of(picture[:cut]) in (None, (480, 120)) for cut in range(len(picture)))


@pytest.mark.parametrize(
    "junk", [b"", b"<svg/>", b"\xff\xd8" + b"\xff" * 9, b"\xff\xd8" + b"\0" * 40, PNG[:16] + b"\0" * 8]
)
def test_what_is_no_picture_has_no_size(junk: bytes) -> None:
    assert size_of(junk) is None
