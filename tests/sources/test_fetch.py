"""Fetching: what is given back, and what is refused in bounded time and memory."""

import gzip
import itertools
import socket
import ssl
import threading
import time
import tracemalloc
import zlib
from collections.abc import Iterator

import pytest

from notifier.sources.fetch import Fetcher, FetchRefused, public_tls
from tests.sources.sites import ELSEWHERE, PUBLIC, Detour, Names, Site, listener, page, redirect, site, stream


@pytest.fixture
def here() -> Iterator[Site]:
    with site() as running:
        yield running


def fetcher(here: Site | None = None, timeout_s: float = 5, bytes_max: int = 100_000) -> Fetcher:
    allowed = (f"127.0.0.1:{here.port}",) if here else ()
    return Fetcher(timeout_s=timeout_s, bytes_max=bytes_max, hosts_allowed=allowed)


def refusal(fetch: Fetcher, url: str) -> FetchRefused:
    with pytest.raises(FetchRefused) as caught:
        fetch.get(url)
    assert caught.value.detail.endswith(".")
    return caught.value


def test_a_page_is_given_back_with_its_headers(here: Site) -> None:
    here.pages["/feed"] = page(b"hello", ("Content-Type", "text/xml"), ("ETag", '"1"'), ("Last-Modified", "then"))
    got = fetcher(here).get(here.url("/feed"))
    assert (got.status, got.body, got.content_type) == ("ok", b"hello", "text/xml")
    assert (got.etag, got.last_modified, got.url) == ('"1"', "then", here.url("/feed"))
    sent = here.seen[0][1]
    assert sent["host"] == f"127.0.0.1:{here.port}"
    assert sent["user-agent"].startswith("notifier/")
    assert "http" not in sent["user-agent"]


def test_a_second_fetch_with_the_etag_brings_no_body(here: Site) -> None:
    here.pages["/feed"] = page(b"", ("ETag", '"1"'), status=304)
    got = fetcher(here).get(here.url("/feed"), etag='"1"', last_modified="Sun, 22 Nov 2026 09:00:00 GMT")
    assert (got.status, got.body, got.etag) == ("unchanged", b"", '"1"')
    assert here.seen[0][1]["if-none-match"] == '"1"'
    assert here.seen[0][1]["if-modified-since"] == "Sun, 22 Nov 2026 09:00:00 GMT"


def test_a_304_that_nobody_asked_for_is_refused(here: Site) -> None:
    here.pages["/"] = page(b"", status=304)
    assert refusal(fetcher(here), here.url()).key == "status"


def test_an_overlong_etag_is_not_kept(here: Site) -> None:
    here.pages["/"] = page(b"x", ("ETag", '"' + "e" * 600 + '"'))
    assert fetcher(here).get(here.url()).etag == ""


def test_redirects_are_followed_and_the_last_url_is_told(here: Site) -> None:
    here.pages["/old"] = redirect("/new?x=1", 301)
    here.pages["/new"] = page(b"moved")
    got = fetcher(here).get(here.url("/old"))
    assert (got.body, got.url) == (b"moved", here.url("/new?x=1"))


def test_a_redirect_loop_ends(here: Site) -> None:
    here.pages["/a"] = redirect("/b")
    here.pages["/b"] = redirect("/a")
    assert refusal(fetcher(here), here.url("/a")).key == "too_many_redirects"
    assert len(here.seen) == 6


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0/",
    ],
)
def test_a_redirect_to_a_private_address_is_refused(here: Site, target: str) -> None:
    here.pages["/"] = redirect(target)
    assert refusal(fetcher(here), here.url()).key == "private_address"


@pytest.mark.parametrize(
    ("target", "key"),
    [("file:///etc/passwd", "scheme"), ("ftp://example.invalid/", "scheme"), ("http://u:p@127.0.0.1/", "userinfo")],
)
def test_a_redirect_to_another_kind_of_address_is_refused(here: Site, target: str, key: str) -> None:
    here.pages["/"] = redirect(target)
    assert refusal(fetcher(here), here.url()).key == key


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("", "scheme"),
        ("example.invalid/feed", "scheme"),
        ("gopher://127.0.0.1/", "scheme"),
        ("http://user@127.0.0.1/", "userinfo"),
        ("http://:secret@127.0.0.1/", "userinfo"),
        ("http:///feed", "bad_url"),
        ("http://127.0.0.1:0/", "bad_url"),
        ("http://127.0.0.1:99999/", "bad_url"),
        ("http://a\x00b/", "bad_url"),
        ("http://[::1/", "bad_url"),
        ("http://127.0.0.1/" + "a" * 3000, "bad_url"),
        ("http://127.0.0.1/", "private_address"),
        ("http://localhost/", "private_address"),
    ],
)
def test_a_bad_url_is_refused_with_its_reason(url: str, key: str) -> None:
    assert refusal(fetcher(), url).key == key


def test_one_private_address_among_public_ones_is_enough() -> None:
    fetch = Fetcher(5, 1000, resolver=Names(news_example=[(PUBLIC, "10.0.0.1")]), network=Detour(1))
    assert refusal(fetch, "http://news.example/").key == "private_address"


def test_a_name_is_resolved_once_and_the_checked_address_is_connected_to(here: Site) -> None:
    here.pages["/feed"] = page(b"public")
    names, network = Names(news_example=[(PUBLIC,), ("127.0.0.1",)]), Detour(here.port)
    fetch = Fetcher(5, 1000, resolver=names, network=network)
    assert fetch.get("http://news.example/feed").body == b"public"
    assert names.asked == ["news.example"]
    assert network.connected == [(PUBLIC, 80)]
    assert here.seen[0][1]["host"] == "news.example"


def test_a_name_that_turns_private_at_the_redirect_is_refused(here: Site) -> None:
    here.pages["/feed"] = redirect("http://news.example/again")
    names, network = Names(news_example=[(PUBLIC,), ("169.254.169.254",)]), Detour(here.port)
    assert (
        refusal(Fetcher(5, 1000, resolver=names, network=network), "http://news.example/feed").key == "private_address"
    )
    assert network.connected == [(PUBLIC, 80)]


def test_the_next_address_is_tried_when_the_first_is_dead(here: Site) -> None:
    here.pages["/"] = page(b"second")
    with socket.create_server(("127.0.0.1", 0)) as free:
        dead = free.getsockname()[1]

    class Half(Detour):
        def connect_tcp(self, host: str, *rest: object, **more: object) -> object:  # type: ignore[override]  # a double
            self.port = dead if host == PUBLIC else here.port
            return super().connect_tcp(host, *rest, **more)  # type: ignore[arg-type]  # passed on as it came

    network = Half(dead)
    fetch = Fetcher(5, 1000, resolver=Names(news_example=[(PUBLIC, ELSEWHERE)]), network=network)
    assert fetch.get("http://news.example/").body == b"second"
    assert [address for address, _ in network.connected] == [PUBLIC, ELSEWHERE]


def test_an_allowed_host_may_be_private_with_its_port_only(here: Site) -> None:
    here.pages["/"] = page(b"inside")
    names = Names(intranet_example=[("127.0.0.1",)])
    by_name = Fetcher(5, 1000, ("Intranet.example",), names)
    by_port = Fetcher(5, 1000, (f"intranet.example:{here.port}",), names)
    other_port = Fetcher(5, 1000, ("intranet.example:80",), names)
    url = here.url(host="intranet.example")
    assert by_name.get(url).body == by_port.get(url).body == b"inside"
    assert refusal(other_port, url).key == "private_address"


def test_an_international_name_is_resolved_in_its_ascii_form(here: Site) -> None:
    here.pages["/"] = page(b"ok")
    names = Names()
    names.answers["xn--mgbh0fb.xn--kgbechtv"] = [(PUBLIC,)]
    assert Fetcher(5, 1000, resolver=names, network=Detour(here.port)).get("http://مثال.إختبار/").body == b"ok"
    assert here.seen[0][1]["host"] == "xn--mgbh0fb.xn--kgbechtv"


def test_tls_names_the_original_host_and_checks_its_certificate() -> None:
    hello = b""

    def listen(connection: socket.socket) -> None:
        nonlocal hello
        hello = connection.recv(4096)

    with listener(listen) as port:
        network = Detour(port)
        fetch = Fetcher(5, 1000, resolver=Names(news_example=[(PUBLIC,)]), network=network)
        assert refusal(fetch, "https://news.example/").key == "tls"
    assert b"news.example" in hello
    assert network.connected == [(PUBLIC, 443)]
    assert public_tls().check_hostname
    assert public_tls().verify_mode is ssl.CERT_REQUIRED


def test_environment_proxies_are_not_used(here: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    here.pages["/"] = page(b"direct")
    assert fetcher(here).get(here.url()).body == b"direct"


def test_a_gzip_body_is_unpacked(here: Site) -> None:
    here.pages["/"] = page(gzip.compress(b"packed" * 1000), ("Content-Encoding", "gzip"))
    assert fetcher(here).get(here.url()).body == b"packed" * 1000


def _bomb(gigabytes: int) -> Iterator[bytes]:
    pack = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    zeros = bytes(1 << 20)
    for _ in range(gigabytes << 10):
        yield pack.compress(zeros)
    yield pack.flush()


def test_a_gzip_bomb_stops_early_in_little_memory(here: Site) -> None:
    here.pages["/"] = stream(_bomb(1), ("Content-Encoding", "gzip"))
    tracemalloc.start()
    began = time.monotonic()
    try:
        assert refusal(fetcher(here, bytes_max=5_000_000), here.url()).key == "too_large"
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert time.monotonic() - began < 4
    assert peak < 20_000_000


def test_a_gzip_header_without_end_is_too_large(here: Site) -> None:
    header = b"\x1f\x8b\x08\x08" + bytes(6)
    here.pages["/"] = stream(itertools.chain([header], itertools.repeat(b"n" * 65_536)), ("Content-Encoding", "gzip"))
    assert refusal(fetcher(here), here.url()).key == "too_large"


@pytest.mark.parametrize(
    ("body", "encoding", "key"),
    [
        (gzip.compress(b"whole" * 100, mtime=0)[:-12], "gzip", "protocol"),
        (b"not gzip at all", "gzip", "encoding"),
        (b"x", "br", "encoding"),
        (gzip.compress(gzip.compress(b"x", mtime=0), mtime=0), "gzip, gzip", "encoding"),
    ],
)
def test_a_body_packed_badly_is_refused(here: Site, body: bytes, encoding: str, key: str) -> None:
    here.pages["/"] = page(body, ("Content-Encoding", encoding))
    assert refusal(fetcher(here), here.url()).key == key


def test_an_oversized_body_is_refused_told_or_not(here: Site) -> None:
    here.pages["/told"] = page(b"", length=100_001)
    here.pages["/untold"] = stream(itertools.repeat(b"x" * 10_000))
    here.pages["/exact"] = page(b"x" * 100_000)
    assert refusal(fetcher(here), here.url("/told")).key == "too_large"
    assert refusal(fetcher(here), here.url("/untold")).key == "too_large"
    assert len(fetcher(here).get(here.url("/exact")).body) == 100_000


def test_a_body_shorter_than_its_length_is_refused(here: Site) -> None:
    here.pages["/"] = page(b"half", length=8)
    assert refusal(fetcher(here), here.url()).key == "protocol"


def test_a_body_longer_than_its_length_is_cut(here: Site) -> None:
    here.pages["/"] = page(b"half and more", length=4)
    assert fetcher(here).get(here.url()).body == b"half"


def _drip(here: Site, piece: bytes = b"x") -> Iterator[bytes]:
    while not here.closing.wait(0.05):
        yield piece


def _assert_times_out(fetch: Fetcher, url: str, within_s: float = 2) -> None:
    began = time.monotonic()
    assert refusal(fetch, url).key == "timeout"
    assert time.monotonic() - began < within_s


def test_a_dripping_body_meets_the_deadline(here: Site) -> None:
    here.pages["/"] = stream(_drip(here))
    _assert_times_out(fetcher(here, timeout_s=0.5), here.url())


def test_redirects_share_one_deadline(here: Site) -> None:
    def slow(handler: object) -> None:
        here.closing.wait(0.3)
        redirect("/")(handler)  # type: ignore[arg-type]  # handed through

    here.pages["/"] = slow
    _assert_times_out(fetcher(here, timeout_s=0.5), here.url())


def test_dripping_headers_meet_the_deadline() -> None:
    stop = threading.Event()

    def talk(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while not stop.wait(0.05):
            connection.sendall(b"X-Slow: 1\r\n")

    with listener(talk) as port:
        _assert_times_out(Fetcher(0.5, 1000, ("127.0.0.1",)), f"http://127.0.0.1:{port}/")
        stop.set()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_hanging_server_meets_the_deadline(scheme: str) -> None:
    stop = threading.Event()
    with listener(lambda _connection: stop.wait(5)) as port:
        _assert_times_out(Fetcher(0.4, 1000, ("127.0.0.1",)), f"{scheme}://127.0.0.1:{port}/")
        stop.set()


def test_a_hanging_resolver_meets_the_deadline() -> None:
    stop = threading.Event()
    fetch = Fetcher(0.3, 1000, resolver=lambda _host, _port: (PUBLIC,) if stop.wait(5) else ())
    _assert_times_out(fetch, "http://news.example/")
    stop.set()


def test_a_name_without_addresses_is_unreachable() -> None:
    def nowhere(host: str, port: int) -> tuple[str, ...]:
        raise socket.gaierror(host, port)

    assert refusal(Fetcher(5, 1000, resolver=nowhere), "http://news.example/").key == "unreachable"


def test_a_closed_port_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert refusal(Fetcher(5, 1000, ("127.0.0.1",)), f"http://127.0.0.1:{port}/").key == "unreachable"


def test_what_is_not_http_is_refused() -> None:
    with listener(lambda connection: connection.sendall(b"220 mail.example ESMTP\r\n")) as port:
        assert refusal(Fetcher(5, 1000, ("127.0.0.1",)), f"http://127.0.0.1:{port}/").key in ("protocol", "unreachable")


@pytest.mark.parametrize(
    ("value", "least_s", "most_s"),
    [
        ("120", 120, 120),
        ("Sun, 22 Nov 2126 10:00:00 GMT", 86_400, 4_000_000_000),
        ("Sun, 22 Nov 2020 10:00:00 GMT", 0, 0),
    ],
)
def test_a_refusing_status_tells_when_to_come_back(here: Site, value: str, least_s: int, most_s: int) -> None:
    here.pages["/"] = page(b"busy", ("Retry-After", value), status=503)
    fault = refusal(fetcher(here), here.url())
    assert (fault.key, fault.status) == ("status", 503)
    assert fault.retry_after_s is not None
    assert least_s <= fault.retry_after_s <= most_s


def test_a_pause_that_cannot_be_read_is_none(here: Site) -> None:
    here.pages["/"] = page(b"busy", ("Retry-After", "soon"), status=503)
    assert refusal(fetcher(here), here.url()).retry_after_s is None


def test_a_password_goes_to_its_own_origin_only(here: Site) -> None:
    with site() as elsewhere:
        here.pages["/a"] = redirect("/b")
        here.pages["/b"] = redirect(elsewhere.url("/c"))
        elsewhere.pages["/c"] = page(b"{}")
        allowed = (f"127.0.0.1:{here.port}", f"127.0.0.1:{elsewhere.port}")
        Fetcher(5, 1000, allowed).get(here.url("/a"), authorization="Basic x")
        assert [headers.get("authorization") for _, headers in here.seen] == ["Basic x", "Basic x"]
        assert [headers.get("authorization") for _, headers in elsewhere.seen] == [None]


def test_a_password_never_travels_in_clear_to_a_public_host(here: Site) -> None:
    names = Names(news_example=[[PUBLIC]])
    fetcher = Fetcher(5, 1000, resolver=names, network=Detour(here.port))
    with pytest.raises(FetchRefused) as refused:
        fetcher.get("http://news.example/wp-json/", authorization="Basic x")
    assert refused.value.key == "plain_password"
    assert here.seen == []


def test_what_an_api_says_about_its_refusal_is_read_up_to_a_limit(here: Site) -> None:
    here.pages["/"] = page(b'{"code":"x"}' + b" " * 200_000, ("Content-Type", "application/json"), status=403)
    with pytest.raises(FetchRefused) as refused:
        Fetcher(5, 1_000_000, (f"127.0.0.1:{here.port}",)).get(here.url())
    assert refused.value.body.startswith(b'{"code":"x"}')
    assert len(refused.value.body) == 65_536
