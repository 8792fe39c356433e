"""Exports of other programs, by their documented columns."""

import pytest

from notifier.domain.importing import formats
from notifier.domain.importing.plan import Plan
from notifier.domain.importing.rows import Fate, Fault, Reader, pieces
from tests.world import NOON

LISTS = {
    "listmonk": (
        "uuid,email,name,attributes,status,created_at,updated_at",
        ["u,a@b.example,Sara,{},enabled,2020-01-02 03:04:05 +0000,x", "u,a@b.example,Sara,{},blocklisted,2020-01-02,x"],
        [Fate.ACTIVE, Fate.BLOCKED],
    ),
    "mailchimp": (
        "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,UNSUB_TIME,CLEAN_TIME,LEID,EUID,TAGS",
        [
            "a@b.example,Sara,Ali,2,2020-01-02 03:04:05,,,,1,2,",
            "a@b.example,Sara,Ali,2,,,2021-01-01 00:00:00,,1,2,",
            "a@b.example,Sara,Ali,2,,,,2021-01-01 00:00:00,1,2,",
        ],
        [Fate.ACTIVE, Fate.GONE, Fate.BOUNCED],
    ),
    "substack": (
        "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at",
        ["a@b.example,false,,other,false,2020-01-02T03:04:05.000Z,", "a@b.example,true,,yearly,true,2020-01-02,"],
        [Fate.ACTIVE, Fate.GONE],
    ),
    "ghost": (
        "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,tiers",
        [
            "1,a@b.example,Sara,,true,false,,2020-01-02T03:04:05.000Z,,vip,", "1,a@b.example,Sara,,,false,,,,,",
            "1,a@b.example,Sara,,true,false,,,2021-01-01,,",
        ],
        [Fate.ACTIVE, Fate.GONE, Fate.GONE],
    ),
    "mailpoet": (
        "Email,First name,Last name,Subscription IP,Confirmation time,List status,Global status,List",
        [
            "a@b.example,Sara,Ali,,2020-01-02 03:04:05,Subscribed,Subscribed,News",
            "a@b.example,Sara,Ali,,,Unsubscribed,Subscribed,News", "a@b.example,Sara,Ali,,,Subscribed,Bounced,News",
            "a@b.example,Sara,Ali,,,Subscribed,Unconfirmed,News",
        ],
        [Fate.ACTIVE, Fate.OFF, Fate.BOUNCED, Fate.PENDING],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_an_export_is_recognised_and_its_states_are_heeded(name: str) -> None:
    head, rows, fates = LISTS[name]
    header = head.split(",")
    found = formats.recognised(header)
    assert found.name == name
    reader = Reader(Plan(formats.places(header, found.columns), "x"), NOON, "ar")
    read = [reader.read(row.split(",")) for row in rows]
    assert [one.fate for one in read if not isinstance(one, Fault)] == fates
    first = read[0]
    assert not isinstance(first, Fault)
    assert first.key == "a@b.example"
    assert first.at
    assert (first.at.year, first.at.hour) == (2020, 3)


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("", Fault.EMPTY), ("x", Fault.AT_SIGN), (".a@b.example", Fault.LOCAL_PART), ("a@b", Fault.DOMAIN),
        ("a" * 65 + "@b.example", Fault.TOO_LONG), ("a@b.example,what", Fault.STATUS),
        ("a@b.example,,soon", Fault.DATE),
        ("a@b.example,,2099-01-01", Fault.DATE), ("a@b.example,,,x\x00y", Fault.CHARACTERS),
    ],
)  # fmt: skip
def test_a_bad_row_says_why(row: str, fault: Fault) -> None:
    header = ["email", "status", "date", "name"]
    plan = Plan(formats.places(header, formats.recognised(header).columns), "x")
    assert Reader(plan, NOON, "ar").read(row.split(",")) is fault


def test_a_cell_with_several_words_is_taken_apart() -> None:
    assert pieces('"VIP","Blog"') == ("VIP", "Blog")
    assert pieces("سياسة، رياضة|أخبار; سياسة") == ("سياسة", "رياضة", "أخبار")


@pytest.mark.parametrize(
    "address", ["Sara.Ali@Gmail.com", "سارة@example.org", "a@مثال.example", "x@-bad.example", "a..b@c.example"]
)
def test_the_short_way_for_plain_addresses_says_what_the_long_one_says(address: str) -> None:
    from notifier.domain.address import AddressInvalid, check_address  # noqa: PLC0415 - beside what it is for

    def said(text: str) -> str:
        try:
            return check_address(text).key
        except AddressInvalid as fault:
            return fault.key

    assert said(address) == said(f"\u200e{address} "), "a mark in front sends it the long way"
