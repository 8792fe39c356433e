"""A provider's HTTP API as an account names it: `ses://eu-west-1`, `mailgun://letters.example.org`, `postmark://outbound`."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, Self
from urllib.parse import SplitResult, parse_qsl, urlsplit

PROVIDERS: Final = ("ses", "mailgun", "postmark")
_NAMES: Final = {
    "ses": re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]{1,2}"),
    "mailgun": re.compile(r"([a-z0-9-]+\.)+[a-z0-9-]+"),
    "postmark": re.compile(r"[a-z0-9][a-z0-9_-]{0,50}"),
}
_OPTIONS: Final = {"ses": {"endpoint", "set"}, "mailgun": {"endpoint", "region"}, "postmark": {"endpoint"}}
_SET: Final = re.compile(r"[A-Za-z0-9_-]{0,64}")


@dataclass(frozen=True, slots=True)
class ApiUrl:
    """Which provider, where it is asked, and under which name of ours."""

    provider: str
    name: str
    """The region (SES), the sending domain (Mailgun), or the message stream (Postmark)."""
    base: str
    """Such as `https://email.eu-west-1.amazonaws.com`, without a slash at the end."""
    configuration_set: str = ""
    """Of SES: whose events are told by SNS."""

    @classmethod
    def of(cls, url: str) -> Self:
        """The API of a URL: `ses://REGION?set=NAME`, `mailgun://DOMAIN?region=eu`, `postmark://STREAM`.

        `endpoint=` names another place that speaks the same. Raises ValueError with what is wrong; a key never
        stands in the URL.
        """
        try:
            parts = urlsplit(url)
            name = parts.hostname or ""
        except ValueError:
            raise ValueError("is no URL") from None
        provider = parts.scheme
        if provider not in PROVIDERS:
            raise ValueError(f"must begin with {', '.join(f'{one}://' for one in PROVIDERS)}")
        if parts.username is not None or parts.password is not None:
            raise ValueError("holds no key: that is what username and password are for")
        if not _NAMES[provider].fullmatch(name) or parts.path.strip("/"):
            raise ValueError("names ses://REGION, mailgun://DOMAIN or postmark://STREAM")
        options = _options(provider, parts)
        return cls(provider, name, _base(provider, name, options), options.get("set", ""))

    @property
    def host(self) -> str:
        """Who is connected to."""
        return urlsplit(self.base).hostname or ""

    @property
    def port(self) -> int:
        """There."""
        place = urlsplit(self.base)
        return place.port or (443 if place.scheme == "https" else 80)


def _options(provider: str, parts: SplitResult) -> dict[str, str]:
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := sorted(options.keys() - _OPTIONS[provider]):
        raise ValueError(f"knows no {', '.join(unknown)}=")
    if options.get("region", "us") not in {"us", "eu"}:
        raise ValueError("has region=us or region=eu")
    if not _SET.fullmatch(options.get("set", "")):
        raise ValueError("has a set= of letters, digits, - and _")
    return options


def _base(provider: str, name: str, options: dict[str, str]) -> str:
    if endpoint := options.get("endpoint", "").rstrip("/"):
        place = urlsplit(endpoint)
        # A key is never sent in clear to another machine.
        if place.scheme != "https" and not (place.scheme == "http" and _is_here(place.hostname or "")):
            raise ValueError("has an endpoint= with https")
        return endpoint
    if provider == "ses":
        return f"https://email.{name}.amazonaws.com{'.cn' if name.startswith('cn-') else ''}"
    if provider == "mailgun":
        return f"https://api.{'eu.' if options.get('region') == 'eu' else ''}mailgun.net"
    return "https://api.postmarkapp.com"


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
