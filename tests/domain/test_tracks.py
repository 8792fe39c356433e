"""The links of letters that are counted: signed, and no way to anywhere else."""

import pytest

from notifier.domain.letter import PersonalMark
from notifier.domain.tokens import Signer
from notifier.domain.tracks import Tracks
from tests.world import SECRET

SIGNER = Signer([SECRET])
TRACKS = Tracks("https://news.example", SIGNER)
URL = "https://naba.example/164?a=1&b=2#c"


def token(letter: int = 7, url: str = URL) -> str:
    return TRACKS.link(letter, url).rpartition("/")[2]


def test_a_link_leads_where_it_was_written_to() -> None:
    assert TRACKS.read_link(token()) == (7, URL)


def test_every_flipped_bit_is_refused() -> None:
    whole = token()
    for at in range(len(whole)):
        for bit in range(7):
            other = whole[:at] + chr(ord(whole[at]) ^ 1 << bit) + whole[at + 1 :]
            found = TRACKS.read_link(other)
            # Base64 has two spellings of the last bits; both say the same.
            assert found is None or found == (7, URL), (at, bit)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "ftp://naba.example/",
        "https://user:pw@evil.example/",
        "https://evil.example/\r\nSet-Cookie: a=b",
        "https://evil.example/ x",
        "\\\\evil.example",
        "",
    ],
)
def test_even_signed_nothing_but_a_web_address_is_followed(url: str) -> None:
    assert TRACKS.read_link(SIGNER.seal("click", f"7 {url}")) is None


@pytest.mark.parametrize("made", ["x", "", ".", "https://evil.example", "7.https://evil.example", "aHR0cHM6.mac"])
def test_what_we_have_not_signed_is_not_followed(made: str) -> None:
    assert TRACKS.read_link(made) is None
    assert TRACKS.read_pixel(made) is None
    assert TRACKS.read_reader(7, made) == 0


def test_a_token_of_another_purpose_is_not_followed() -> None:
    assert TRACKS.read_link(SIGNER.seal("image", f"7 {URL}")) is None
    assert TRACKS.read_pixel(SIGNER.sign("u", 7)) is None
    assert TRACKS.read_reader(7, SIGNER.sign("u", 7, 9)) == 0


def test_a_readers_part_counts_for_its_own_letter_only() -> None:
    part = TRACKS.personal(7, 9).removeprefix("?r=")
    assert TRACKS.read_reader(7, part) == 9
    assert TRACKS.read_reader(8, part) == 0


HTML = (
    '<body><a class="x" href="https://naba.example/164?a=1&amp;b=2#c" style="y">1</a>'
    f'<a href="{PersonalMark.UNSUBSCRIBE}">2</a><a href="https://news.example/i/x">3</a>'
    '<a href="mailto:a@naba.example">4</a><img src="https://naba.example/p.jpg"></body>'
)


def test_links_to_the_site_lead_through_us_and_no_others() -> None:
    html = TRACKS.followed(HTML, 7, is_personal=False)
    assert f'href="{TRACKS.link(7, URL)}" style="y"' in html
    assert html.count("/c/") == 1
    for kept in (PersonalMark.UNSUBSCRIBE.value, "https://news.example/i/x", "mailto:a@", 'src="https://naba.example'):
        assert kept in html
    shown = 'width="1" height="1" alt="" style="display:block;border:0"'
    assert html.endswith(f'<img src="{TRACKS.pixel(7)}" {shown}>\n</body>')
    assert PersonalMark.TRACE not in html


def test_a_personal_letter_has_a_mark_in_each_link_and_in_the_pixel() -> None:
    assert TRACKS.followed(HTML, 7, is_personal=True).count(PersonalMark.TRACE) == 2
