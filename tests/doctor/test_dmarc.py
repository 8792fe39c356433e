"""DMARC by RFC 9989: the policy that holds, found by a walk up the tree, and alignment."""

import pytest

from notifier.doctor import Light, dmarc
from notifier.doctor.dmarc import aligned, organization, policy_of
from notifier.domain.dkim import DkimKey, DkimKind
from tests.doctor.zone import SENDER, Clinic, Zone

GOOD = "v=DMARC1; p=reject; rua=mailto:d@rafidain.example"


def test_a_policy_that_asks_for_something_and_reports_is_green(clinic: Clinic) -> None:
    clinic.zone.text[f"_dmarc.{SENDER}"] = [GOOD]
    assert clinic.one(dmarc.check, "dmarc").light is Light.GREEN


@pytest.mark.parametrize(
    ("records", "light", "words"),
    [
        ([], Light.RED, "no DMARC record"),
        ([GOOD, GOOD], Light.RED, "2 DMARC records"),
        (["v=DMARC1; p=refuse"], Light.RED, "refuse"),
        (["v=DMARC1; p=none; rua=mailto:d@x.example"], Light.AMBER, "p=none"),
        (["v=DMARC1; p=reject; t=y; rua=mailto:d@x.example"], Light.AMBER, "t=y"),
        (["v=DMARC1; p=reject"], Light.AMBER, "p=reject"),
        (["v=DMARC1; p=reject; pct=50; rua=mailto:d@x.example"], Light.AMBER, "pct"),
    ],
)
def test_what_is_wrong_or_could_be_better_is_told(clinic: Clinic, records: list[str], light: Light, words: str) -> None:
    clinic.zone.text[f"_dmarc.{SENDER}"] = records
    found = clinic.one(dmarc.check, "dmarc")
    assert found.light is light
    assert words in found.found
    assert found.advice


def test_a_subdomain_has_the_policy_of_its_organization() -> None:
    zone = Zone(text={"_dmarc.naba.example": ["v=DMARC1; p=reject; sp=quarantine"]})
    found = policy_of(zone, "news.naba.example")
    assert found
    assert found.place == "naba.example"
    assert found.asked_for("news.naba.example") == "quarantine"
    assert found.asked_for("naba.example") == "reject"


@pytest.mark.parametrize(
    ("records", "domain", "whose"),
    [
        ({}, "a.b.example", "a.b.example"),
        ({"b.example": "v=DMARC1"}, "a.b.example", "b.example"),
        ({"a.b.example": "v=DMARC1", "b.example": "v=DMARC1"}, "a.b.example", "b.example"),
        ({"a.b.example": "v=DMARC1; psd=n", "b.example": "v=DMARC1"}, "x.a.b.example", "a.b.example"),
        ({"gov.example": "v=DMARC1; psd=y"}, "x.health.gov.example", "health.gov.example"),
        ({"gov.example": "v=DMARC1; psd=y"}, "gov.example", "gov.example"),
        ({"i.example": "v=DMARC1"}, "a.b.c.d.e.f.g.h.i.example", "i.example"),
    ],
)
def test_the_organization_is_found_by_walking_up(records: dict[str, str], domain: str, whose: str) -> None:
    zone = Zone(text={f"_dmarc.{name}": [record] for name, record in records.items()})
    assert organization(zone, domain) == whose


def test_a_walk_asks_eight_questions_at_the_most() -> None:
    asked: list[str] = []

    class Asked(Zone):
        def texts(self, name: str) -> tuple[str, ...]:
            asked.append(name)
            return ()

    organization(Asked(), ".".join("abcdefghijklmnop") + ".example")
    assert len(asked) == 8


def test_relaxed_alignment_is_by_organization_and_strict_by_name() -> None:
    zone = Zone(text={"_dmarc.naba.example": ["v=DMARC1; p=reject"]})
    assert aligned(zone, "news.naba.example", "b.naba.example", is_strict=False)
    assert not aligned(zone, "news.naba.example", "b.naba.example", is_strict=True)
    assert not aligned(zone, "news.naba.example", "relay.example", is_strict=False)


@pytest.mark.parametrize(
    ("domain", "bounces", "light"),
    [
        (SENDER, f"b.{SENDER}", Light.GREEN),
        (SENDER, "relay.example", Light.AMBER),
        ("", f"b.{SENDER}", Light.AMBER),
        ("", "relay.example", Light.RED),
    ],
)
def test_a_letter_needs_a_signature_or_a_return_path_that_aligns(
    clinic: Clinic, domain: str, bounces: str, light: Light
) -> None:
    clinic.zone.text[f"_dmarc.{SENDER}"] = [GOOD]
    clinic.settings(bounce_domain=bounces)
    clinic.keys = (DkimKey.new(domain, "k", DkimKind.ED25519),) if domain else ()
    assert clinic.one(dmarc.check, "alignment").light is light


def test_strict_alignment_wants_the_very_domain(clinic: Clinic) -> None:
    clinic.zone.text[f"_dmarc.{SENDER}"] = [f"{GOOD}; aspf=s"]
    clinic.settings(bounce_domain=f"b.{SENDER}")
    clinic.keys = (DkimKey.new(SENDER, "k", DkimKind.ED25519),)
    assert clinic.one(dmarc.check, "alignment").light is Light.AMBER
