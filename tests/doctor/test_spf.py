"""SPF: found, counted, and judged for the addresses we send from."""

from ipaddress import ip_address

import pytest

from notifier.doctor import Light, spf
from notifier.doctor.spf import SpfBrokenError, judge
from tests.doctor.zone import IP, SENDER, Clinic, Zone


def test_a_record_that_knows_our_address_is_green(clinic: Clinic) -> None:
    clinic.settings(sending_ips=IP)
    clinic.zone.text[SENDER] = ["v=spf1 ip4:192.0.2.0/29 -all", "google-site-verification=x"]
    found = clinic.one(spf.check)
    assert (found.light, found.about) == (Light.GREEN, SENDER)
    assert f"{IP} pass" in found.found


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ([], "no SPF record"),
        (["v=spf1 -all", "v=spf1 ~all"], "2 SPF records"),
        (["v=spf1 ip4:198.51.100.1 -all"], f"{IP} gets fail"),
        (["v=spf1 ip4:198.51.100.1 ~all"], f"{IP} gets softfail"),
        (["v=spf1 +all"], "+all"),
        (["v=spf1 all"], "all"),
        (["v=spf1 ip4:300.1.1.1 -all"], "300.1.1.1"),
        (["v=spf1 include:gone.example -all"], "gone.example has 0 SPF records"),
        (["v=spf1 inclued:mail.example -all"], "inclued:mail.example is no SPF term"),
    ],
)
def test_what_receivers_would_not_accept_is_red_with_a_record_to_copy(
    clinic: Clinic, records: list[str], words: str
) -> None:
    clinic.settings(sending_ips=IP)
    clinic.zone.text[SENDER] = records
    found = clinic.one(spf.check)
    assert found.light is Light.RED
    assert words in found.found
    assert found.advice
    assert "v=spf1" in found.record


def test_the_record_to_copy_names_our_addresses(clinic: Clinic) -> None:
    clinic.settings(sending_ips="192.0.2.7, 2001:db8::7")
    assert clinic.one(spf.check).record == 'rafidain.example. TXT "v=spf1 ip4:192.0.2.7 ip6:2001:db8::7 -all"'


def test_more_than_ten_lookups_are_red_and_ten_are_not(clinic: Clinic) -> None:
    clinic.settings(sending_ips=IP)
    for number in range(6):
        clinic.zone.text[f"i{number}.example"] = ["v=spf1 a -all"]
    includes = [f"include:i{number}.example" for number in range(6)]
    clinic.zone.text[SENDER] = [f"v=spf1 ip4:{IP} {' '.join(includes[:5])} -all"]
    assert clinic.one(spf.check).light is Light.GREEN
    assert "10 of 10 lookups" in clinic.one(spf.check).found
    clinic.zone.text[SENDER] = [f"v=spf1 ip4:{IP} {' '.join(includes)} -all"]
    assert clinic.one(spf.check).light is Light.RED


@pytest.mark.parametrize("term", ["include:b.example", "redirect=b.example", "include:b.example " * 30])
def test_a_circle_of_includes_is_red_and_ends(clinic: Clinic, term: str) -> None:
    clinic.settings(sending_ips=IP)
    clinic.zone.text |= {SENDER: [f"v=spf1 {term}"], "b.example": [f"v=spf1 {term.replace('b.ex', 'rafidain.ex')}"]}
    found = clinic.one(spf.check)
    assert found.light is Light.RED
    assert "includes itself" in found.found


@pytest.mark.parametrize(
    ("record", "ip", "result"),
    [
        ("v=spf1 a -all", "192.0.2.1", "pass"),
        ("v=spf1 a/24 -all", "192.0.2.200", "pass"),
        ("v=spf1 a:other.example -all", "192.0.2.1", "fail"),
        ("v=spf1 a:other.example//64 -all", "2001:db8::99", "pass"),
        ("v=spf1 mx ~all", "192.0.2.9", "pass"),
        ("v=spf1 mx:mail.example/30 ~all", "192.0.2.1", "softfail"),
        ("v=spf1 ip6:2001:db8::/32 -all", "2001:db8::1", "pass"),
        ("v=spf1 ip6:2001:db8::/32 -all", "192.0.2.1", "fail"),
        ("v=spf1 include:in.example -all", "198.51.100.1", "pass"),
        ("v=spf1 include:in.example -all", "198.51.100.2", "fail"),
        ("v=spf1 redirect=in.example", "198.51.100.1", "pass"),
        ("v=spf1 redirect=in.example", "198.51.100.2", "softfail"),
        ("v=spf1 -ip4:192.0.2.1 a -all", "192.0.2.1", "fail"),
        ("v=spf1 ?all", "192.0.2.1", "neutral"),
        ("v=spf1 exists:%{i}.x.example -all", "192.0.2.1", "fail"),
        ("v=spf1 exp=why.example a -all", "192.0.2.1", "pass"),
        ("v=spf1", "192.0.2.1", "neutral"),
    ],
)
def test_mechanisms_are_judged_as_receivers_do(record: str, ip: str, result: str) -> None:
    zone = Zone(
        text={"d.example": [record], "in.example": ["v=spf1 ip4:198.51.100.1 ~all"]},
        a={"d.example": ["192.0.2.1"], "other.example": ["2001:db8::1"], "mail.d.example": ["192.0.2.9"]},
        mx={"d.example": ["mail.d.example"], "mail.example": ["mail.d.example"]},
    )
    assert judge(zone, "d.example", ip_address(ip)) == result


def test_it_looks_at_the_bounce_domain_where_there_is_one(clinic: Clinic) -> None:
    clinic.settings(sending_ips=IP, bounce_domain="b.rafidain.example")
    assert clinic.one(spf.check).about == "b.rafidain.example"


def test_a_relay_whose_addresses_do_not_pass_is_amber_for_it_may_send_from_others(clinic: Clinic) -> None:
    clinic.settings(smtp_host="smtp.relay.example")
    clinic.zone.a["smtp.relay.example"] = ["198.51.100.9"]
    clinic.zone.text[SENDER] = ["v=spf1 include:relay.example -all"]
    clinic.zone.text["relay.example"] = ["v=spf1 ip4:203.0.113.0/24 -all"]
    assert clinic.one(spf.check).light is Light.AMBER
    clinic.zone.text["relay.example"] = ["v=spf1 ip4:198.51.100.0/24 -all"]
    assert clinic.one(spf.check).light is Light.GREEN


def test_two_records_of_an_include_break_the_whole() -> None:
    zone = Zone(text={"d.example": ["v=spf1 include:in.example"], "in.example": ["v=spf1 -all", "v=spf1 a"]})
    with pytest.raises(SpfBrokenError):
        judge(zone, "d.example", ip_address("192.0.2.1"))
