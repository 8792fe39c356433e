"""AWS Signature Version 4 (docs.aws.amazon.com, "Create a signed AWS API request"); a query is taken as it stands."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, urlsplit

ALGORITHM: Final = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Signer:
    """The key of one account, for one service in one region."""

    key_id: str
    secret: str = field(repr=False)
    region: str
    service: str

    def signed(self, method: str, url: str, headers: Mapping[str, str], body: bytes, now: datetime) -> dict[str, str]:
        """These headers with `Host`, `X-Amz-Date` and the signature over all of them."""
        stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        place = urlsplit(url)
        all_headers = {**headers, "Host": place.netloc, "X-Amz-Date": stamp}
        lower = {name.lower(): " ".join(value.split()) for name, value in all_headers.items()}
        names = ";".join(sorted(lower))
        canonical = "\n".join([
            method, quote(place.path or "/", safe="/-_.~"), place.query,
            *(f"{name}:{lower[name]}" for name in sorted(lower)), "", names, hashlib.sha256(body).hexdigest(),
        ])  # fmt: skip
        scope = f"{stamp[:8]}/{self.region}/{self.service}/aws4_request"
        to_sign = f"{ALGORITHM}\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.new(self._key(stamp[:8]), to_sign.encode(), hashlib.sha256).hexdigest()
        credential = f"Credential={self.key_id}/{scope}"
        return {
            **all_headers,
            "Authorization": f"{ALGORITHM} {credential}, SignedHeaders={names}, Signature={signature}",
        }

    def _key(self, day: str) -> bytes:
        key = f"AWS4{self.secret}".encode()
        for word in (day, self.region, self.service, "aws4_request"):
            key = hmac.new(key, word.encode(), hashlib.sha256).digest()
        return key
