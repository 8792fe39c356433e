"""The development inbox: its store, its SMTP server and its pages."""

import re
import smtplib
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.header import Header
from email.message import EmailMessage
from functools import cache
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from notifier import assembly
from notifier.domain.text.strings import Strings
from notifier.embedded.inbox import Inbox, LetterUnknown
from notifier.embedded.inbox.server import SIZE_MAX, InboxServer
from notifier.embedded.inbox.store import Incoming
from notifier.settings import Settings, templates_dir
from notifier.stages.render import Renderer, personalise
from notifier.web.app import create_app
from notifier.web.inbox import router
from tests.letters import fixtures

NOW = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)
SUBJECT = "نشرة الضفاف اليومية: عاجل 🌊 من Python 3.13 — ومساحة طويلة بما يكفي لأن تُطوى على سطرين"
ARABIC, ENGLISH = {"Accept-Language": "ar-IQ,ar;q=0.9"}, {"Accept-Language": "en"}
WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from notifier.embedded.inbox import Inbox
inbox = Inbox(Path(sys.argv[1]))
for number in range(200):
    inbox.add("writer@example.org", [f"reader{number}@example.org"], b"Subject: far\\r\\n\\r\\n", datetime.now(UTC))
"""
HOSTILE = """<!doctype html><html><head><title>x</title><base target="_top" href="https://evil.example/">
<meta http-equiv="refresh" content="0;url=https://evil.example/"><script>parent.document.title = "owned"</script></head>
<body onload="alert(1)"><img src=x onerror="alert(2)"><form action="https://evil.example/"><input name=q>
<button>go</button></form><iframe src="/inbox"></iframe><a href="javascript:alert(3)">click</a></body></html>"""


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    made = Inbox(tmp_path / "inbox" / "letters.db")
    yield made
    made.close()


@pytest.fixture
def server(inbox: Inbox) -> Iterator[InboxServer]:
    with InboxServer(inbox, now=lambda: NOW) as running:
        yield running


@pytest.fixture
def client(inbox: Inbox, tmp_path: Path) -> Iterator[TestClient]:
    knobs = Settings(
        secret_key="kR7-wq2_ZpL0vXc9sTf3bNg6hYdJ4mQe",  # type: ignore[arg-type]  # pydantic takes a str
        database_url=f"sqlite:///{tmp_path}/unused.db",
        base_url="http://letters.example:8000",
    )
    parts = assembly.assemble(knobs)
    with TestClient(create_app(parts, inbox=router(inbox), now=lambda: NOW)) as browser:
        yield browser
    parts.db.close()


def mail(subject: str = SUBJECT, html: str = "", text: str = "نص الرسالة", **headers: str) -> bytes:
    message = EmailMessage()
    message["From"] = "news@aldhifaf.example"
    message["To"] = "layla@example.org"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    folded = Header(subject, "utf-8", header_name="Subject", maxlinelen=76).encode(linesep="\r\n")
    return f"Subject: {folded}\r\n".encode() + message.as_bytes().replace(b"\n", b"\r\n")


def put(inbox: Inbox, raw: bytes, *rcpt_to: str, ago: timedelta = timedelta()) -> int:
    return inbox.add("b+1@bounce.example", rcpt_to or ("layla@example.org",), raw, NOW - ago)


# The store


def test_a_letter_comes_back_as_it_came(inbox: Inbox) -> None:
    raw = mail(html="<p>مرحبًا</p>", X_First="1")
    letter = inbox.get(put(inbox, raw, "a@example.org", "ب@example.org"))
    assert letter.raw == raw
    assert letter.size == len(raw) == letter.entry.size
    assert (letter.entry.mail_from, letter.entry.rcpt_to) == ("b+1@bounce.example", ("a@example.org", "ب@example.org"))
    assert letter.entry.received_at == NOW
    assert letter.text.strip() == "نص الرسالة"
    assert letter.html.strip() == "<p>مرحبًا</p>"
    assert letter.html_size == len("<p>مرحبًا</p>\r\n".encode())
    assert [name for name, _ in letter.headers][:4] == ["Subject", "From", "To", "X-First"]


def test_a_long_arabic_subject_with_emoji_keeps_its_spaces(inbox: Inbox) -> None:
    letter = inbox.get(put(inbox, mail()))
    assert letter.entry.subject == SUBJECT == letter.header("subject")


def test_a_display_name_may_hold_a_comma(inbox: Inbox) -> None:
    name = Header("الحمداني, زينب", "utf-8").encode()
    entry = inbox.get(put(inbox, f"From: {name} <zainab@example.org>\r\n\r\n".encode())).entry
    assert (entry.sender_name, entry.sender_address) == ("الحمداني, زينب", "zainab@example.org")


def test_our_own_letter_is_read_to_the_last_character(inbox: Inbox) -> None:
    rendered = Renderer(templates_dir()).render(fixtures.DIGEST)
    message = personalise(rendered, fixtures.DIGEST, fixtures.personal())
    letter = inbox.get(put(inbox, message.data))
    assert letter.entry.subject == rendered.subject
    assert letter.entry.sender_name == "جريدة الضفاف"
    assert fixtures.STORIES[0].title in letter.text
    assert letter.html.endswith("</html>\n")


@pytest.mark.parametrize(
    "wanted", ["layla@", "LAYLA@EXAMPLE.ORG", "الضفاف", "الضِّفاف اليوميه", "aldhifaf.example", "python 3.13"]
)
def test_a_search_finds_by_address_and_subject_however_spelt(inbox: Inbox, wanted: str) -> None:
    found = put(inbox, mail())
    put(inbox, b"From: x@y.example\r\nSubject: other\r\n\r\n", "someone@else.example")
    assert [entry.id for entry in inbox.list(search=wanted)] == [found]
    assert inbox.count(wanted) == 1


def test_a_search_takes_signs_literally(inbox: Inbox) -> None:
    put(inbox, b"Subject: 100 percent\r\n\r\n")
    assert inbox.list(search="100%") == inbox.list(search="_") == ()


def test_it_lists_the_newest_first_and_goes_on_below_an_id(inbox: Inbox) -> None:
    ids = [put(inbox, mail(str(number))) for number in range(5)]
    assert [entry.id for entry in inbox.list(limit=2)] == [ids[4], ids[3]]
    assert [entry.id for entry in inbox.list(limit=2, before=ids[3])] == [ids[2], ids[1]]
    assert inbox.neighbours(ids[0]) == (ids[1], None)
    assert inbox.neighbours(ids[4]) == (None, ids[3])


def test_it_counts_letters_by_recipient(inbox: Inbox) -> None:
    put(inbox, mail(), "a@example.org", "b@example.org")
    put(inbox, mail(), "b@example.org")
    assert inbox.counts_by_recipient() == {"b@example.org": 2, "a@example.org": 1}
    assert inbox.recipients() == ("a@example.org", "b@example.org")


def test_a_cleared_inbox_is_empty_and_uses_no_number_again(inbox: Inbox) -> None:
    last = put(inbox, mail())
    assert inbox.clear() == 1
    assert (inbox.count(), inbox.list(), inbox.recipients()) == (0, (), ())
    assert put(inbox, mail()) > last


@pytest.mark.parametrize("unknown", [-1, 0, 7, 2**63, 2**80])
def test_an_unknown_letter_is_said_to_be_unknown(inbox: Inbox, unknown: int) -> None:
    with pytest.raises(LetterUnknown):
        inbox.get(unknown)


@pytest.mark.long
def test_two_thousand_letters_take_seconds(inbox: Inbox) -> None:
    message = personalise(Renderer(templates_dir()).render(fixtures.DIGEST), fixtures.DIGEST, fixtures.personal())
    began = datetime.now(UTC)
    ids = inbox.add_all((Incoming("a@b", [f"r{n}@example.org"], message.data) for n in range(2000)), NOW)
    assert datetime.now(UTC) - began < timedelta(seconds=15)
    assert (inbox.count(), len(inbox.list(limit=2000)), len(ids)) == (2000, 2000, 2000)


def test_one_process_reads_what_another_writes(inbox: Inbox) -> None:
    environment = {"PYTHONPATH": str(Path(__file__).parents[2])}
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(inbox.path)], env=environment)  # noqa: S603 - our own command line
        for _ in range(2)
    ]
    for number in range(200):
        put(inbox, mail(str(number)))
        inbox.list(limit=10)
    assert [writer.wait(60) for writer in writers] == [0, 0]
    assert inbox.count() == 600
    assert inbox.counts_by_recipient()["reader199@example.org"] == 2


def test_a_new_file_may_be_opened_by_many_at_once(tmp_path: Path) -> None:
    environment = {"PYTHONPATH": str(Path(__file__).parents[2])}
    code = (
        f"from pathlib import Path; from notifier.embedded.inbox import Inbox; Inbox(Path({str(tmp_path / 'x.db')!r}))"
    )
    crowd = [subprocess.Popen([sys.executable, "-c", code], env=environment) for _ in range(4)]  # noqa: S603 - our own command line
    assert [one.wait(60) for one in crowd] == [0] * 4


# The server


def test_what_smtp_acknowledges_is_kept(inbox: Inbox, server: InboxServer) -> None:
    raw = mail()
    with smtplib.SMTP("127.0.0.1", server.port) as session:
        assert session.sendmail("b+1@bounce.example", ["layla@example.org", "um.ali@example.iq"], raw) == {}
        # A second connection sees it at once: it was committed before the 250.
        with sqlite3.connect(inbox.path) as other:
            assert other.execute("SELECT count(*) FROM letters").fetchone() == (1,)
        other.close()
    (entry,) = inbox.list()
    assert entry.rcpt_to == ("layla@example.org", "um.ali@example.iq")
    assert inbox.get(entry.id).raw == raw


def test_it_speaks_smtputf8_and_says_its_limit(inbox: Inbox, server: InboxServer) -> None:
    with smtplib.SMTP("127.0.0.1", server.port) as session:
        session.ehlo()
        assert session.has_extn("smtputf8")
        assert session.esmtp_features["size"] == str(SIZE_MAX)
        options = ["SMTPUTF8", "BODY=8BITMIME"]
        session.sendmail("ناشر@مثال.example", ["ليلى@مثال.example"], "Subject: أهلًا\r\n\r\n".encode(), options)
    (entry,) = inbox.list(search="ليلى@")
    assert (entry.mail_from, entry.subject) == ("ناشر@مثال.example", "أهلًا")


def test_it_takes_the_empty_return_path_and_lines_beyond_all_limits(inbox: Inbox, server: InboxServer) -> None:
    with smtplib.SMTP("127.0.0.1", server.port) as session:
        session.sendmail("", ["layla@example.org"], b"Subject: long\r\n\r\n" + b"x" * 70_000 + b"\r\n.dot\r\n")
    (entry,) = inbox.list()
    assert entry.mail_from == ""
    assert inbox.get(entry.id).raw.endswith(b"x\r\n.dot\r\n")


def test_too_large_a_letter_is_refused_for_good(inbox: Inbox, server: InboxServer) -> None:
    with smtplib.SMTP("127.0.0.1", server.port) as session:
        with pytest.raises(smtplib.SMTPSenderRefused) as refusal:
            session.sendmail("a@b.example", ["layla@example.org"], b"x" * (SIZE_MAX + 1))
        assert refusal.value.smtp_code == 552
    assert inbox.count() == 0


def test_a_letter_that_cannot_be_kept_is_not_acknowledged(inbox: Inbox, server: InboxServer) -> None:
    inbox.close()
    with smtplib.SMTP("127.0.0.1", server.port) as session, pytest.raises(smtplib.SMTPDataError) as refusal:
        session.sendmail("a@b.example", ["layla@example.org"], mail())
    assert refusal.value.smtp_code == 451


def test_it_can_be_stopped_and_started_on_the_same_port(inbox: Inbox) -> None:
    server = InboxServer(inbox, now=lambda: NOW).start()
    port = server.port
    server.stop()
    server.stop()
    with InboxServer(inbox, port=port, now=lambda: NOW) as again, smtplib.SMTP("127.0.0.1", again.port) as session:
        assert session.noop()[0] == 250


# The pages


def test_the_list_shows_letters_the_newest_first(inbox: Inbox, client: TestClient) -> None:
    put(inbox, mail("Second thoughts"), "um.ali@example.iq", ago=timedelta(minutes=5))
    put(inbox, mail())
    page = client.get("/inbox", headers=ARABIC)
    assert page.status_code == 200
    assert page.text.index("Python 3.13") < page.text.index("Second thoughts")
    assert '<html lang="ar" dir="rtl">' in page.text
    assert '<bdi dir="rtl">نشرة الضفاف' in page.text
    assert '<bdi dir="ltr">Second thoughts</bdi>' in page.text
    assert '<bdi dir="ltr">um.ali@example.iq</bdi>' in page.text
    assert "قبل ٥ دقائق" in page.text
    assert "رسالتان" in page.text


def test_the_list_speaks_the_readers_language(client: TestClient) -> None:
    assert "No letters yet" in client.get("/inbox", headers=ENGLISH).text
    assert "لا رسائل بعد" in client.get("/inbox?lang=ar", headers=ENGLISH).text
    assert 'lang="fa" dir="rtl"' in client.get("/inbox?lang=fa").text


def test_the_list_refreshes_itself_until_told_not_to(client: TestClient) -> None:
    assert '<meta http-equiv="refresh" content="5">' in client.get("/inbox").text
    still = client.get("/inbox?still=1").text
    assert "http-equiv" not in still
    assert '<input type="text" name="q"' in still


def test_the_page_finds_what_is_searched_for(inbox: Inbox, client: TestClient) -> None:
    put(inbox, mail())
    put(inbox, mail("Other"), "um.ali@example.iq")
    page = client.get("/inbox?q=um.ali&still=1&lang=en").text
    assert "Other" in page
    assert "Python" not in page
    assert "1 letter found" in page
    assert "&lt;script&gt;" in client.get("/inbox?q=<script>&lang=en").text


def test_the_list_goes_on_with_older_letters(inbox: Inbox, client: TestClient) -> None:
    inbox.add_all((Incoming("a@b", ["c@d.example"], mail(f"Letter no. {n}")) for n in range(1, 131)), NOW)
    first = client.get("/inbox?lang=en").text
    assert first.count('class="subject"') == 100
    older = re.search(r'href="(/inbox\?[^"]*before=\d+)"', first)
    assert older
    second = client.get(older[1].replace("&amp;", "&")).text
    assert second.count('class="subject"') == 30
    assert "http-equiv" not in second


def test_scripts_get_json(inbox: Inbox, client: TestClient) -> None:
    first, second = put(inbox, mail("One")), put(inbox, mail(), "a@example.org", "b@example.org")
    told = client.get("/inbox.json").json()
    assert [letter["id"] for letter in told] == [second, first]
    assert told[0] == {
        "id": second,
        "subject": SUBJECT,
        "to": ["a@example.org", "b@example.org"],
        "size": inbox.get(second).size,
    }
    assert [letter["id"] for letter in client.get("/inbox.json?q=one&limit=1").json()] == [first]


@cache
def digest() -> bytes:
    """A digest of ours, as it goes over the wire."""
    message = personalise(Renderer(templates_dir()).render(fixtures.DIGEST), fixtures.DIGEST, fixtures.personal())
    return message.data


@pytest.mark.matrix(6)
@pytest.mark.parametrize("tab", ["html", "phone", "clients", "text", "headers", "source", "nonsense"])
@pytest.mark.parametrize("language", fixtures.LANGUAGES)
def test_a_letter_shows_each_of_its_sides(inbox: Inbox, client: TestClient, tab: str, language: str) -> None:
    letter_id = put(inbox, digest())
    page = client.get(f"/inbox/{letter_id}?tab={tab}&lang={language}")
    assert page.status_code == 200
    expected = {
        "html": f'<iframe src="/inbox/{letter_id}/body"',
        "phone": '<div class="side phone">',
        "clients": f'<iframe src="/inbox/{letter_id}/body?client=outlook"',
        "text": '<p dir="auto">[محافظات]</p>',
        "headers": "<dt>List-Unsubscribe-Post</dt>",
        "source": "Content-Transfer-Encoding: base64",
        "nonsense": "<iframe",
    }
    assert expected[tab] in page.text


def test_a_letter_says_how_near_it_is_to_gmails_limit(inbox: Inbox, client: TestClient) -> None:
    light = put(inbox, mail(html="<p>hello</p>"))
    heavy = put(inbox, mail(html="<p>hello</p>" * 10_000))
    assert "Below the size" in client.get(f"/inbox/{light}?lang=en").text
    assert "Gmail clips what is beyond <bdi>102 KB</bdi>" in client.get(f"/inbox/{heavy}?lang=en").text


def test_a_letter_of_ours_is_checked_and_a_strangers_is_not(inbox: Inbox, client: TestClient) -> None:
    faulty = put(inbox, b"Content-Language: ar\r\n" + mail(html="<p style='text-align:left'>سلام</p>"))
    stranger = put(inbox, mail(html="<p>hello</p>"))
    assert "<code>" in client.get(f"/inbox/{faulty}?lang=en").text
    assert "Letter check" not in client.get(f"/inbox/{stranger}?lang=en").text


def test_a_hostile_letter_is_shown_without_anything_that_runs(inbox: Inbox, client: TestClient) -> None:
    raw = mail("<script>alert(0)</script>", html=HOSTILE, X_Evil="<img src=x onerror=alert(4)>")
    letter_id = put(inbox, raw, '"><script>"@example.org')
    for tab in ("html", "phone", "clients", "text", "headers", "source"):
        page = client.get(f"/inbox/{letter_id}?tab={tab}")
        assert "<script" not in page.text.replace("&lt;script", "")
        assert "<img" not in page.text
        assert "script-src" not in page.headers["Content-Security-Policy"]
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; ")
        assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    frame = re.search(r"<iframe[^>]*>", client.get(f"/inbox/{letter_id}").text)
    assert frame
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in frame[0]


@pytest.mark.parametrize("seen_in", ["gmail", "outlook", "gmx"])
def test_a_letter_is_shown_as_each_mail_client_leaves_it(inbox: Inbox, client: TestClient, seen_in: str) -> None:
    message = personalise(Renderer(templates_dir()).render(fixtures.ALERT), fixtures.ALERT, fixtures.personal())
    letter_id = put(inbox, message.data)
    body = client.get(f"/inbox/{letter_id}/body?client={seen_in}").text
    assert fixtures.DAM.title in body
    assert body.count('<base target="_blank">') == 1
    assert {"gmail": "<style" not in body, "outlook": "@media" not in body, "gmx": 'dir="rtl"' not in body}[seen_in]
    frames = re.findall("<iframe[^>]*>", client.get(f"/inbox/{letter_id}?tab=clients").text)
    assert len(frames) == 3
    assert all('sandbox="allow-popups allow-popups-to-escape-sandbox"' in frame for frame in frames)


@pytest.mark.parametrize("seen_in", ["", "?client=gmail", "?client=outlook", "?client=gmx"])
def test_a_letters_body_may_only_be_looked_at(inbox: Inbox, client: TestClient, seen_in: str) -> None:
    body = client.get(f"/inbox/{put(inbox, mail(html=HOSTILE))}/body{seen_in}")
    directives = dict(part.strip().split(" ", 1) for part in body.headers["Content-Security-Policy"].split(";"))
    assert directives == {
        "default-src": "'none'",
        "style-src": "'unsafe-inline'",
        "img-src": "'self' https: http://letters.example:8000",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'self'",
        "sandbox": "allow-popups allow-popups-to-escape-sandbox",
    }
    assert body.headers["Content-Type"] == "text/html; charset=utf-8"
    assert body.headers["X-Content-Type-Options"] == "nosniff"
    assert body.headers["Referrer-Policy"] == "no-referrer"
    # Ours comes first, so a letter cannot send its links to the whole window.
    assert re.findall("<base [^>]*>", body.text)[0] == '<base target="_blank">'
    assert body.text.lower().startswith("<!doctype html>")


@pytest.mark.matrix(4)
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no header at all",
        b"\r\n\r\n\r\n",
        b"Subject:\r\n\r\nempty subject",
        bytes(range(256)) * 40,
        b"Subject: \xd3\xe1\xc7\xe3 \xff\xfe\r\nFrom: \xff <\xfe@\xfd>\r\n\r\n\x80\x81\x82",
        b"Subject: =?utf-8?b?!!!!?= =?nonsense?q?=FF?= =?utf-7?q?+2AA-?= =?hex?q?zz?=\r\n\r\n",
        b"Content-Type: multipart/mixed; boundary=zzz\r\n\r\n--zz\r\nwrong boundary",
        b"Content-Type: multipart/alternative\r\n\r\nno boundary",
        b"Content-Type: text/html; charset=nonsense\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!not base64!!!",
        b"Content-Type: text/html; charset=utf-16\r\n\r\nodd",
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(300)),
        b"Content-Type: text/plain\r\n\r\n" + b"word " * 1_000_000,
        b"Content-Type: text/plain\r\n\r\n" + b"\n" * 500_000,
        b"Content-Language: ar\r\nContent-Type: text/html\r\n\r\n" + b"<div>" * 60_000,
    ],
    ids=range(15),
)
def test_the_pages_stand_whatever_comes(inbox: Inbox, client: TestClient, raw: bytes) -> None:
    letter_id = put(inbox, raw)
    assert client.get("/inbox?lang=ar").status_code == 200
    assert client.get("/inbox.json").json()[0]["id"] == letter_id
    for tab in ("", "html", "phone", "clients", "text", "headers", "source"):
        page = client.get(f"/inbox/{letter_id}?lang=ar&tab={tab}")
        assert page.status_code == 200
        assert len(page.content) < 2_000_000
    for seen_in in ("", "gmail", "outlook", "gmx", "nonsense"):
        assert client.get(f"/inbox/{letter_id}/body?client={seen_in}").status_code == 200
    assert client.get(f"/inbox/{letter_id}/letter.eml").content == raw


@pytest.mark.matrix(3)
@pytest.mark.parametrize("path", ["999", "0", "-1", "99999999999999999999999999", "x", "999/body", "999/letter.eml"])
def test_an_unknown_letter_is_a_page_that_says_so(client: TestClient, path: str) -> None:
    page = client.get(f"/inbox/{path}", headers=ARABIC)
    assert page.status_code == 404
    assert "الصفحة غير موجودة" in page.text


def test_looking_changes_nothing_and_head_answers_like_get(inbox: Inbox, client: TestClient) -> None:
    letter_id = put(inbox, mail(html="<p>hello</p>"))
    for path in ("/inbox", "/inbox.json", f"/inbox/{letter_id}", f"/inbox/{letter_id}/body", "/inbox/style.css"):
        assert client.head(path).status_code == client.get(path).status_code == 200
        assert client.post(path).status_code == 405
    assert inbox.count() == 1


def test_every_language_has_the_same_sentences() -> None:
    strings = Strings.load(templates_dir() / "strings")
    ours = [{key for key in strings.keys(tag) if key.startswith("pages.inbox.")} for tag in fixtures.LANGUAGES]
    keys = [{key.rpartition(".")[2] for key in each} for each in ours]
    assert all(each == keys[0] for each in keys)
