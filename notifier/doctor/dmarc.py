"""DMARC (RFC 9989, which obsoletes RFC 7489): the policy of each sender, and whether our signatures align with it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from notifier.doctor.dkim import tags_of
from notifier.doctor.finding import Finding, Pen
from notifier.doctor.names import Dns
from notifier.doctor.ward import Ward
from notifier.doctor.words import said

LABELS_MAX: Final = 8
"""RFC 9989, 4.10: a walk up the tree asks eight questions at the most."""
_POLICIES: Final = frozenset({"none", "quarantine", "reject"})


@dataclass(frozen=True, slots=True)
class Policy:
    """The record that holds for a domain, and where it stands."""

    place: str
    tags: Mapping[str, str]
    record: str

    def asked_for(self, domain: str) -> str:
        """What receivers shall do with letters of this domain that fail."""
        return self.tags.get("sp", self.tags.get("p", "none")) if domain != self.place else self.tags.get("p", "none")


def check(ward: Ward) -> Iterator[Finding]:
    """Each sender's policy, then its alignment."""
    for domain in ward.senders:
        yield _policy(ward, domain)
        yield _alignment(ward, domain)


def _policy(ward: Ward, domain: str) -> Finding:
    pen = Pen("dmarc", domain)
    wanted = f'_dmarc.{domain}. TXT "v=DMARC1; p=quarantine; rua=mailto:postmaster@{domain}"'
    own = _records(ward.dns, domain)
    if len(own) > 1:
        return pen.red(said("dmarc_several", number=len(own)), said("do_leave_one"), own[0])
    policy = policy_of(ward.dns, domain)
    if policy is None:
        return pen.red(said("dmarc_none"), said("do_dmarc_none"), wanted)
    told = said("dmarc_told", record=policy.record, place=policy.place)
    if policy.asked_for(domain) not in _POLICIES:
        return pen.red(told, said("do_dmarc_p"), wanted)
    advice = _advice(policy, domain)
    return pen.amber(told, advice, wanted) if advice else pen.green(told)


def _advice(policy: Policy, domain: str) -> str:
    """What could be better about a policy that holds."""
    if policy.asked_for(domain) == "none" or policy.tags.get("t") == "y":
        return said("do_dmarc_ask")
    if "rua" not in policy.tags:
        return said("do_dmarc_rua")
    removed = ", ".join(sorted({"pct", "rf", "ri"} & policy.tags.keys()))
    return said("do_dmarc_removed", tags=removed) if removed else ""


def _alignment(ward: Ward, domain: str) -> Finding:
    pen, policy = Pen("alignment", domain), policy_of(ward.dns, domain)
    tags = policy.tags if policy else {}
    signer = _signing(ward, domain)
    returns = ward.parts.settings.bounce_domain or domain
    dkim = bool(signer) and aligned(ward.dns, domain, signer, is_strict=tags.get("adkim") == "s")
    spf = aligned(ward.dns, domain, returns, is_strict=tags.get("aspf") == "s")
    told = said("alignment_told", domain=domain, signer=signer or said("alignment_nobody"), path=returns)
    if dkim and spf:
        return pen.green(told)
    if dkim:
        return pen.amber(told, said("do_only_dkim"))
    if spf:
        return pen.amber(told, said("do_only_path"),
                         f"notifier dkim new {domain}")  # fmt: skip
    return pen.red(told, said("do_neither"),
                   f"notifier dkim new {domain}")  # fmt: skip


def _signing(ward: Ward, domain: str) -> str:
    """The d= of what we sign for a sender; empty where we do not."""
    keys, at = {key.domain for key in ward.keys}, domain
    while at and at not in keys:
        at = at.partition(".")[2]
    return at


def policy_of(dns: Dns, domain: str) -> Policy | None:
    """The record at the domain, else that of its organization, else that of a public suffix (RFC 9989, 4.10.1)."""
    found = _walk(dns, domain)
    own = next((one for one in found if one.place == domain), None)
    whose = organization(dns, domain)
    return own or next((one for one in found if one.place == whose), None) or (found[-1] if found else None)


def organization(dns: Dns, domain: str) -> str:
    """The organizational domain, by a walk up the tree of DNS (RFC 9989, 4.10.2)."""
    found = _walk(dns, domain)
    for one in found:
        if one.tags.get("psd") == "n":
            return one.place
        if one.tags.get("psd") == "y" and one.place != domain:
            below = domain.removesuffix(f".{one.place}").rpartition(".")[2]
            return f"{below}.{one.place}"
    return found[-1].place if found else domain


def aligned(dns: Dns, author: str, other: str, *, is_strict: bool) -> bool:
    """Whether another domain counts as the author's (RFC 9989, 4.4)."""
    if author == other or is_strict:
        return author == other
    return organization(dns, author) == organization(dns, other)


def _walk(dns: Dns, domain: str) -> list[Policy]:
    """The records from the domain upwards, the nearest first."""
    found: list[Policy] = []
    labels = domain.split(".")
    while labels:
        place = ".".join(labels)
        records = _records(dns, place)
        if len(records) == 1:
            found.append(Policy(place, tags_of(records[0]), records[0]))
            if found[-1].tags.get("psd") in {"y", "n"}:
                break
        labels = labels[1:] if len(labels) <= LABELS_MAX else labels[-(LABELS_MAX - 1) :]
    return found


def _records(dns: Dns, place: str) -> list[str]:
    texts = dns.texts(f"_dmarc.{place}")
    return [text for text in texts if text.replace(" ", "").lower().startswith("v=dmarc1")]
