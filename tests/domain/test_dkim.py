"""DKIM: what the RFCs give as examples, what dkimpy says of ours, and what must break a signature."""

import re
from base64 import b64decode, b64encode

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.domain.dkim import DkimKey, DkimKeyInvalid, DkimKind, DkimSigner
from notifier.domain.dkim.relaxed import body_hash, relaxed_fields
from tests.receiver import AT, DOMAIN, ED25519, RSA, signatures, tags, verdicts

BOTH = DkimSigner([ED25519, RSA])
ONE_EACH = (
    *(("From", "akhbar@aldhifaf.example"), ("To", "layla@example.org"), ("Subject", "=?utf-8?b?2YbYtNix2Kk=?=")),
    *(("Date", "Sat, 01 Mar 2025 07:30:00 +0000"), ("Message-ID", "<d7.9f3a@aldhifaf.example>")),
    *(("Reply-To", "desk@aldhifaf.example"), ("In-Reply-To", "<t@aldhifaf.example>")),
    *(("References", "<t@aldhifaf.example>"), ("MIME-Version", "1.0"), ("Content-Type", "text/plain")),
    *(("Content-Language", "ar"), ("List-Id", "<aldhifaf.digest.ar.aldhifaf.example>")),
    *(("List-Unsubscribe", "<https://x.example/u/1>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")),
    *(("List-Help", "<https://x.example/p/1>"), ("List-Owner", "<mailto:akhbar@aldhifaf.example>")),
    *(("Auto-Submitted", "auto-generated"), ("Precedence", "bulk"), ("Feedback-ID", "12:digest:ar:aldhifaf")),
)
HEADERS = "".join(f"{name}: {value}\r\n" for name, value in ONE_EACH).encode()
GAME = b"Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"
BODY = b"Two lines.\r\n.. of them.\r\n"
FROZEN = ("From", "To", "Subject", "Date", "Message-ID", "Reply-To", "MIME-Version", "Content-Type")
FROZEN_LINKS = ("List-Unsubscribe", "List-Unsubscribe-Post")

GAPS = st.sampled_from([" ", "\t", "  ", " \t ", "\r\n ", "\r\n\t", " \r\n  ", "\r\n \r\n "])
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20)
VALUES = st.lists(st.one_of(GAPS, WORDS), max_size=8).map("".join)
NAMES = st.sampled_from([*(name for name, _ in ONE_EACH), "X-Other", "subject", "LIST-ID", "Received"])
FIELDS = st.lists(st.tuples(NAMES, st.sampled_from([":", ": ", ":\t", ":\r\n "]), VALUES), max_size=12)
BODIES = st.lists(st.one_of(st.sampled_from(["\r\n", " ", "\t", "  ", ".", "\r\n\r\n"]), WORDS), max_size=30)


def signed(headers: bytes = HEADERS, body: bytes = BODY, signer: DkimSigner = BOTH) -> bytes:
    message = signer.sign(DOMAIN, [headers], body, AT) + headers + b"\r\n" + body
    # The final dot stands on a line of its own, so that the last line of a body always ends.
    return message if message.endswith(b"\r\n") else message + b"\r\n"


def test_headers_and_body_of_rfc_6376_3_4_5_get_its_relaxed_form() -> None:
    names, fields = relaxed_fields(b"A: X\r\nB : Y\t\r\n\tZ  \r\n")
    assert (names[:2], fields[:2]) == ((b"a", b"b"), (b"a:X\r\n", b"b:Y Z\r\n"))
    assert body_hash(b" C \r\nD \t E\r\n\r\n\r\n") == body_hash(b" C\r\nD E\r\n")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (GAME, "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="),
        (b"", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
        (b"\r\n\r\n", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
        (b" \t\r\n ", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
    ],
)  # fmt: skip
def test_the_body_hash_is_that_of_rfc_8463_a_and_rfc_6376_3_4_4(body: bytes, expected: str) -> None:
    assert b64encode(body_hash(body)).decode() == expected


def test_the_record_of_rfc_8463_a_is_made_of_its_key() -> None:
    private = Ed25519PrivateKey.from_private_bytes(b64decode("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="))
    key = DkimKey("football.example.com", "brisbane", private)
    assert key.dns_name == "brisbane._domainkey.football.example.com"
    assert key.record == "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="


def test_both_kinds_of_keys_sign_and_verify() -> None:
    message = signed()
    assert verdicts(message) == [True, True]
    rsa_signature, ed25519_signature = map(tags, signatures(message))
    assert (rsa_signature["a"], ed25519_signature["a"]) == ("rsa-sha256", "ed25519-sha256")
    assert rsa_signature["c"] == "relaxed/relaxed"
    assert rsa_signature["d"] == DOMAIN
    assert rsa_signature["s"] == "r1"
    assert rsa_signature["t"] == str(int(AT.timestamp()))
    assert list(rsa_signature) == ["v", "a", "c", "d", "s", "t", "h", "bh", "b"]


def test_ed25519_signs_the_hash_of_what_rfc_8463_says() -> None:
    """Computed here by hand, so that it does not rest on one library's reading."""
    (line,) = signatures(signed(signer=DkimSigner([ED25519])))
    own, _, signature = line.replace(b"\r\n", b"").replace(b"DKIM-Signature: ", b"dkim-signature:").rpartition(b" b=")
    values = {name.lower(): value for name, value in ONE_EACH}
    data = b""
    for name in tags(line)["h"].split(":"):
        data += f"{name}:{values.pop(name)}\r\n".encode() if name in values else b""
    digest = hashes.Hash(hashes.SHA256())
    digest.update(data + own + b" b=")
    assert isinstance(ED25519.private, Ed25519PrivateKey)
    ED25519.private.public_key().verify(b64decode(signature.replace(b" ", b"")), digest.finalize())


def test_every_header_that_matters_is_signed_and_those_that_nobody_may_add_once_more() -> None:
    listed = tags(signatures(signed())[0])["h"].split(":")
    for name, _ in ONE_EACH:
        assert listed.count(name.lower()) == 1 + (name in {*FROZEN, *FROZEN_LINKS}), name
    assert set(listed) == {name.lower() for name, _ in ONE_EACH} | {"cc"}
    bare = tags(signatures(signed(b"From: akhbar@aldhifaf.example\r\n"))[0])["h"].split(":")
    assert bare[:3] == ["from", "from", "to"]
    assert {"list-unsubscribe", "list-unsubscribe-post"} <= set(bare)
    assert "list-id" not in bare


def test_one_click_unsubscribe_is_signed() -> None:
    listed = [tags(line)["h"].split(":") for line in signatures(signed())]
    assert ["list-unsubscribe-post" in names for names in listed] == [True, True]


@pytest.mark.parametrize("domain", [DOMAIN, "a-rather-long-name-of-a-newspaper." * 5 + "aldhifaf.example"])
def test_the_signature_is_folded_at_76_columns(domain: str) -> None:
    keys = [DkimKey(domain, f"selector-with-a-name-{key.kind}", key.private) for key in (RSA, ED25519)]
    lines = DkimSigner(keys).sign(domain, [HEADERS], BODY, AT)
    assert lines.endswith(b"\r\n")
    assert b"\r" not in lines.replace(b"\r\n", b"")
    long = [line for line in lines.split(b"\r\n") if len(line) > 76]
    assert long == ([] if domain == DOMAIN else [f" d={domain};".encode()] * 2)
    assert all(line.startswith((b" ", b"DKIM-Signature: v=1; ")) for line in lines.split(b"\r\n")[:-1])
    assert verdicts(lines + HEADERS + b"\r\n" + BODY, *keys) == [True, True]


def test_the_nearest_domain_above_the_sender_signs() -> None:
    parent, child = RSA, DkimKey("news.aldhifaf.example", "c", ED25519.private)
    signer = DkimSigner([parent, child])
    found = {
        domain: [tags(line)["d"] for line in signatures(signer.sign(domain, [HEADERS], BODY, AT))]
        for domain in (DOMAIN, "mail.aldhifaf.example", "news.aldhifaf.example", "a.b.news.aldhifaf.example")
    }  # fmt: skip
    assert list(found.values()) == [[DOMAIN], [DOMAIN], ["news.aldhifaf.example"], ["news.aldhifaf.example"]]
    for stranger in ("example", "xaldhifaf.example", "aldhifaf.example.org", "localhost", ""):
        assert signer.sign(stranger, [HEADERS], BODY, AT) == b""
    assert DkimSigner().sign(DOMAIN, [HEADERS], BODY, AT) == b""


def test_an_old_key_and_a_new_one_both_sign() -> None:
    new = DkimKey(DOMAIN, "r2", RSA.private)
    message = signed(signer=DkimSigner([RSA, new]))
    assert verdicts(message, RSA, new) == [True, True]
    assert verdicts(message, RSA) == [True, False], "the new one's record is not published yet"


@pytest.mark.long
@settings(max_examples=300, deadline=None)
@given(fields=FIELDS, body=BODIES)
def test_whatever_headers_and_body_look_like_dkimpy_agrees(fields: list[tuple[str, str, str]], body: list[str]) -> None:
    headers = "".join(f"{name}{colon}{value}\r\n" for name, colon, value in fields).encode()
    assert verdicts(signed(headers, "".join(body).encode())) == [True, True]


@pytest.mark.parametrize(
    "body",
    [b"x", b"x ", b"x\t \r\n\r\n \r\n", b"a" * 70 + b"\r\n" * 5, b" x\r\n", b"x  y\r\n", b"x \r\n", b"." * 3,
     b"word " * 200 + b"end\r\n", b"word " * 200 + b"two  spaces\r\n", b"word " * 200 + b"space \r\nat an end\r\n"],
)  # fmt: skip
def test_bodies_that_are_not_in_relaxed_form_are_hashed_in_it(body: bytes) -> None:
    assert verdicts(signed(body=body)) == [True, True]


@pytest.mark.parametrize(
    "subject",
    ["", " ", "x ", " x", "x  y", "x\ty", "\tx", "x\t", "x\r\n y", "x\r\n  y", "x \r\n y", "x\r\n\ty", "\r\n x",
     "x\r\n ", "a: b", "a : b", "خبر عاجل"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["Subject:", "Subject: ", "SUBJECT:"])
def test_headers_that_are_not_in_relaxed_form_are_signed_in_it(name: str, subject: str) -> None:
    assert verdicts(signed(f"From: a@b.example\r\n{name}{subject}\r\nTo: x\r\n".encode())) == [True, True]


def test_the_relaxed_form_of_a_message_may_change_on_the_way() -> None:
    message = signed(body=b"one  two\r\nthree\r\n")
    relayed = message.replace(b"Subject: ", b"SUBJECT:\t ").replace(b"one  two", b"one\ttwo  ") + b"\r\n\r\n"
    assert verdicts(b"Received: from relay\r\n" + relayed) == [True, True]


PLACES = [place for found in re.finditer(rb"[\w-]+: (.+)\r\n", HEADERS) for place in range(*found.span(1))]


@settings(max_examples=200, deadline=None)
@given(place=st.sampled_from(PLACES), bit=st.integers(0, 7))
def test_a_flipped_bit_in_any_signed_header_is_refused(place: int, bit: int) -> None:
    lines = BOTH.sign(DOMAIN, [HEADERS], BODY, AT)
    assert not any(verdicts(lines + flipped(HEADERS, place, bit) + b"\r\n" + BODY))


@settings(max_examples=100, deadline=None)
@given(place=st.sampled_from([at for at in range(len(BODY)) if BODY[at] not in b"\r\n"]), bit=st.integers(0, 7))
def test_a_flipped_bit_in_the_body_is_refused(place: int, bit: int) -> None:
    lines = BOTH.sign(DOMAIN, [HEADERS], BODY, AT)
    assert not any(verdicts(lines + HEADERS + b"\r\n" + flipped(BODY, place, bit)))


@pytest.mark.parametrize("name", [*FROZEN, *FROZEN_LINKS, "Cc"])
@pytest.mark.parametrize("is_first", [True, False])
def test_another_header_of_a_name_that_may_not_be_added_is_refused(name: str, *, is_first: bool) -> None:
    added = f"{name}: somebody@evil.example\r\n".encode()
    lines = BOTH.sign(DOMAIN, [HEADERS], BODY, AT)
    forged = added + HEADERS if is_first else HEADERS + added
    assert verdicts(lines + forged + b"\r\n" + BODY) == [False, False]


@pytest.mark.parametrize("name", [name for name, _ in ONE_EACH])
def test_a_signed_header_that_is_taken_out_is_missed(name: str) -> None:
    lines = BOTH.sign(DOMAIN, [HEADERS], BODY, AT)
    without = re.sub(rf"(?m)^{name}: .*\r\n".encode(), b"", HEADERS)
    assert without != HEADERS
    assert verdicts(lines + without + b"\r\n" + BODY) == [False, False]


@pytest.mark.parametrize("tag", ["d=aldhifaf.example", "t=17", "c=relaxed/relaxed", "h=from:from"])
def test_a_tag_that_is_changed_is_refused(tag: str) -> None:
    message = signed(signer=DkimSigner([RSA]))
    other = {"d": "d=Aldhifaf.example", "t": "t=16", "c": "c=relaxed/simple", "h": "h=from"}[tag[0]]
    assert tag.encode() in message
    assert not any(verdicts(message.replace(tag.encode(), other.encode(), 1)))


@pytest.mark.parametrize(
    ("selector", "domain", "said"),
    [
        ("R1", DOMAIN, "no selector"),
        ("", DOMAIN, "no selector"),
        ("-a", DOMAIN, "no selector"),
        ("a..b", DOMAIN, "no selector"),
        ("r1\n", DOMAIN, "no selector"),
        ("a b", DOMAIN, "no selector"),
        ("r1", "Aldhifaf.example", "written as DNS has it: aldhifaf.example"),
        ("r1", "الضفاف.example", "written as DNS has it: xn--"),
        ("r1", "localhost", "no domain"),
        ("r1", "", "no domain"),
        (".".join(["a" * 60] * 4), DOMAIN, "too long"),
    ],
)
def test_a_name_that_dns_cannot_have_is_refused(selector: str, domain: str, said: str) -> None:
    with pytest.raises(DkimKeyInvalid, match=re.escape(said)):
        DkimKey(domain, selector, ED25519.private)


def test_a_selector_may_have_several_labels() -> None:
    assert DkimKey(DOMAIN, "2026.rsa-1", ED25519.private).dns_name == "2026.rsa-1._domainkey.aldhifaf.example"


def pem_of(private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, password: bytes = b"") -> bytes:
    how = BestAvailableEncryption(password) if password else NoEncryption()
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)


def test_a_key_comes_out_of_its_file_as_it_went_in() -> None:
    for key in (RSA, ED25519):
        again = DkimKey.read(key.dns_name, key.pem)
        assert (again.record, again.kind, again.bits) == (key.record, key.kind, key.bits)
        assert b"BEGIN PRIVATE KEY" in key.pem
        assert "private" not in repr(key)


def test_keys_that_cannot_sign_are_refused_with_their_reason() -> None:
    assert isinstance(RSA.private, rsa.RSAPrivateKey)
    public = RSA.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    refused = {
        public: "public key",
        pem_of(RSA.private, b"opensesame"): "encrypted",
        pem_of(rsa.generate_private_key(65537, 1024)): "this one has 1024",  # noqa: S505 - that is the point
        pem_of(ec.generate_private_key(ec.SECP256R1())): "neither RSA nor Ed25519",
        b"": "no private key in PEM",
        RSA.pem.replace(b"\nMII", b"\nAAA"): "no private key in PEM",
    }
    for pem, said in refused.items():
        with pytest.raises(DkimKeyInvalid, match=said):
            DkimKey.read(RSA.dns_name, pem)


def test_a_key_too_long_for_verifiers_is_refused() -> None:
    p, q = (1 << 2051) + 1, (1 << 2052) + 1
    numbers = rsa.RSAPrivateNumbers(p, q, 3, 1, 1, 1, rsa.RSAPublicNumbers(65537, p * q))
    with pytest.raises(DkimKeyInvalid, match="this one has 4104"):
        DkimKey(DOMAIN, "r1", numbers.private_key(unsafe_skip_rsa_key_validation=True))


def test_a_record_is_split_into_strings_that_a_txt_record_can_hold() -> None:
    strings = RSA.record_strings
    assert "".join(strings) == RSA.record
    assert [len(string) <= 255 for string in strings] == [True, True]
    assert ED25519.record_strings == [ED25519.record]


@pytest.mark.parametrize("kind", list(DkimKind))
def test_a_new_key_is_nobody_elses(kind: DkimKind) -> None:
    one, other = (DkimKey.new(DOMAIN, "s", kind) for _ in range(2))
    assert one.record != other.record
    assert (one.kind, one.bits) == (kind, {DkimKind.RSA: 2048, DkimKind.ED25519: 256}[kind])


def flipped(text: bytes, place: int, bit: int) -> bytes:
    return text[:place] + bytes([text[place] ^ (1 << bit)]) + text[place + 1 :]
