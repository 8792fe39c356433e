"""What a provider has proven about somebody, or that it has not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from notifier.domain.desk_words import NoEntry


class NotProven(Exception):  # noqa: N818 - it is the provider's word, or ours about it
    """Nobody is let in by this."""

    def __init__(self, why: NoEntry) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody's account at the provider, from an ID token that holds."""

    issuer: str
    subject: str
    address: str = field(repr=False)
    is_address_theirs: bool
    """Whether the provider says that it has made sure of that."""
    name: str = field(repr=False)
    has_second_factor: bool


def account_of(claims: Mapping[str, Any], verified_claim: str, second_factors: tuple[str, ...]) -> Account:
    """The account that checked claims speak of; `second_factors` are words of `amr` or values of `acr`."""
    methods = claims.get("amr")
    shown = {str(one) for one in methods} if isinstance(methods, list) else set()
    shown.add(str(claims.get("acr", "")))
    return Account(
        issuer=str(claims["iss"]),
        subject=str(claims["sub"]),
        address=str(claims.get("email") or ""),
        # A boolean by OpenID Connect Core, 5.1; some write it as a word, Entra ID as 1.
        is_address_theirs=claims.get(verified_claim) in (True, "true", "True", "1"),
        name=str(claims.get("name") or ""),
        has_second_factor=not shown.isdisjoint(second_factors),
    )
