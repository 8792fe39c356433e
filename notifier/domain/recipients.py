"""Recipient groups."""


def group_of(domain: str) -> str:
    """The group of a domain."""
    return domain.lower()
