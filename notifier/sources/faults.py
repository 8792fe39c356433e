"""Why something from outside was not taken: a stable key for programs and one sentence for editors."""


class FetchRefused(Exception):  # noqa: N818 - it is a decision, ours or the server's
    """A URL was not fetched.

    `key` is one of bad_url, scheme, userinfo, private_address, unreachable, timeout, tls, protocol, encoding,
    too_large, too_many_redirects, plain_password, status. `status` is the server's answer, if there was one,
    `retry_after_s` the pause it asks for, and `body` what an API says about it.
    """

    def __init__(
        self, key: str, detail: str, status: int = 0, retry_after_s: int | None = None, body: bytes = b""
    ) -> None:
        super().__init__(detail)
        self.key = key
        self.detail = detail
        self.status = status
        self.retry_after_s = retry_after_s
        self.body = body


class FeedInvalid(Exception):  # noqa: N818 - it says what the body is
    """A body is not a feed that can be read.

    `key` is one of empty, web_page, not_feed, entities, too_complex, broken. `feed_url` is the feed that a web page
    names, if it names one.
    """

    def __init__(self, key: str, detail: str, feed_url: str = "") -> None:
        super().__init__(detail)
        self.key = key
        self.detail = detail
        self.feed_url = feed_url


class ApiInvalid(Exception):  # noqa: N818 - it says what the site is
    """A site's API does not answer as one that can be read.

    `key` is one of not_json, no_api, wants_login, hidden, too_old, shape, or the site's own code (`rest_…`).
    """

    def __init__(self, key: str, detail: str, status: int = 0) -> None:
        super().__init__(detail)
        self.key = key
        self.detail = detail
        self.status = status
