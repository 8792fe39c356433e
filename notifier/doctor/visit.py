"""The ward as it really is: this machine, its resolver, its keys, and the web."""

import smtplib
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from notifier import dkim_keys
from notifier.doctor.names import Dns, LiveDns
from notifier.doctor.ward import Ward
from notifier.parts import Parts
from notifier.sources.fetch import Fetcher, FetchRefused

_BYTES_MAX = 10_000


def ward_of(parts: Parts, dns: Dns | None = None) -> Ward:
    """What the settings name. Raises DkimFolderError."""
    knobs = parts.settings
    return Ward(
        parts=parts,
        dns=dns or LiveDns(),
        visit=Web(parts.fetch, knobs.base_url),
        keys=tuple(dkim_keys.load(knobs.dkim_folder)),
        own_name=smtplib.SMTP().local_hostname,
        journal=knobs.journal_folder or Path(tempfile.gettempdir()) / "notifier-journal",
    )


class Web:
    """GETs our own pages; they may well stand in a private network."""

    def __init__(self, fetch: Fetcher, base_url: str, timeout_s: float = 4.0) -> None:
        host = (urlsplit(base_url).hostname or "").lower()
        places = urlsplit(base_url).netloc.rpartition("@")[2].lower()
        self._fetch = replace(
            fetch, timeout_s=timeout_s, bytes_max=_BYTES_MAX, hosts_allowed=(*fetch.hosts_allowed, host, places)
        )

    def __call__(self, url: str) -> Mapping[str, str]:
        """The headers. Raises OSError with what went wrong."""
        try:
            return self._fetch.get(url).headers
        except FetchRefused as refusal:
            raise OSError(str(refusal)) from refusal
