"""Addresses: what is one, and when two are the same."""

import pytest

from notifier.domain.address import AddressInvalid, check_address, fold


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", "empty"),
        ("  \u200f ", "empty"),
        ("layla", "at_sign"),
        ("a@b@example.org", "at_sign"),
        ("@example.org", "local_part"),
        (".a@example.org", "local_part"),
        ("a..b@example.org", "local_part"),
        ('"a b"@example.org', "local_part"),
        ("a b@example.org", "local_part"),
        ("a\r\nBcc:x@example.org", "local_part"),
        ("a\u202eb@example.org", "local_part"),
        ("a,b@example.org", "local_part"),
        ("<a@example.org", "local_part"),
        ("a@example.org>", "domain"),
        ("a@localhost", "domain"),
        ("a@[127.0.0.1]", "domain"),
        ("a@127.0.0.1", "domain"),
        ("a@-x.org", "domain"),
        ("a@x_y.org", "domain"),
        ("a@example..org", "domain"),
        ("a@example.org\n", None),
        ("x" * 65 + "@example.org", "too_long"),
        ("ل" * 33 + "@example.org", "too_long"),
        ("a" * 20 + "@" + ".".join(["x" * 60] * 4) + ".example", "too_long"),
    ],
)
def test_it_says_why_something_is_no_address(raw: str, reason: str | None) -> None:
    if reason is None:
        assert str(check_address(raw)) == "a@example.org"
        return
    with pytest.raises(AddressInvalid) as caught:
        check_address(raw)
    assert caught.value.key == reason


def test_it_is_kept_as_typed_and_compared_by_its_key() -> None:
    address = check_address("\u200fLayla.K+News@Akhbar.بغداد\u200f")
    assert str(address) == "Layla.K+News@Akhbar.بغداد"
    assert address.key == "layla.k+news@akhbar.xn--mgbbvb6c"
    assert address.wire == "Layla.K+News@akhbar.xn--mgbbvb6c"
    assert not address.needs_smtputf8
    assert "layla" not in repr(address).lower()


def test_a_local_part_outside_ascii_needs_smtputf8() -> None:
    address = check_address("ليلى@example.org")
    assert address.needs_smtputf8
    assert address.wire == "ليلى@example.org"


def test_spellings_of_one_mailbox_fold_together_for_limits() -> None:
    keys = [check_address(raw).key for raw in ("l.ay.la+a@gmail.com", "Layla@googlemail.com", "LAYLA+b@Gmail.com")]
    assert {fold(key) for key in keys} == {"layla@gmail.com"}
    assert len(set(keys)) == 3
    assert fold("a.b+c@example.org") == "a.b@example.org"
    assert fold("+c@example.org") == "+c@example.org"
