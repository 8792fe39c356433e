"""Pictures that come through us: only what we signed, only pictures, and no host keeps us waiting for all."""

import threading
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from notifier.domain.pictures import PATH, PURPOSE
from notifier.domain.tokens import Signer
from notifier.sources.fetch import Fetcher, FetchRefused
from notifier.web import pictures
from tests.sources.sites import Site, page, redirect, site

SIGNER = Signer(["tests-only-0123456789-abcdefghijklmnop"])
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


@pytest.fixture
def elsewhere() -> Iterator[Site]:
    with site() as running:
        yield running


@pytest.fixture
def client(elsewhere: Site) -> Iterator[TestClient]:
    app = FastAPI()
    fetcher = Fetcher(timeout_s=5, bytes_max=50_000, hosts_allowed=(f"127.0.0.1:{elsewhere.port}",))
    shelf = pictures.shelf(fetcher)
    app.state.edge = SimpleNamespace(parts=SimpleNamespace(signer=SIGNER), pictures=shelf.get)
    app.include_router(pictures.router)
    with TestClient(app) as made:
        yield made


def path(url: str) -> str:
    return f"{PATH}{SIGNER.seal(PURPOSE, url)}"


def test_a_picture_comes_once_and_may_be_kept(client: TestClient, elsewhere: Site) -> None:
    elsewhere.pages["/a.png"] = page(PNG, ("Content-Type", "text/html"), ("Set-Cookie", "x=1"))
    for _ in range(3):
        answer = client.get(path(elsewhere.url("/a.png")))
        assert (answer.status_code, answer.content) == (200, PNG)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "public, max-age=604800"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "set-cookie" not in answer.headers
    assert len(elsewhere.seen) == 1
    assert elsewhere.seen[0][1]["accept"] == "image/*"
    assert client.head(path(elsewhere.url("/a.png"))).status_code == 200


def test_it_is_no_open_proxy(client: TestClient, elsewhere: Site) -> None:
    elsewhere.pages["/a.png"] = elsewhere.pages["/b.png"] = page(PNG)
    good = path(elsewhere.url("/a.png"))
    other = SIGNER.seal(PURPOSE, elsewhere.url("/b.png"))
    mixed = f"{PATH}{other.rpartition('.')[0]}.{good.rpartition('.')[2]}"
    for token in (mixed, good[:-1], f"{PATH}{elsewhere.url('/a.png')}", f"{PATH}{SIGNER.seal('u', 'x')}", f"{PATH}x"):
        assert client.get(token).status_code == 404
    assert elsewhere.seen == []


@pytest.mark.parametrize(
    "body",
    [b"", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", b"<html></html>", b"x" * 60_000],
    ids=["nothing", "svg", "html", "too large"],
)
def test_what_is_no_picture_is_not_passed_on(client: TestClient, elsewhere: Site, body: bytes) -> None:
    elsewhere.pages["/a.png"] = page(body, ("Content-Type", "image/png"))
    answer = client.get(path(elsewhere.url("/a.png")))
    assert (answer.status_code, answer.content) == (404, b"")
    assert answer.headers["cache-control"] == "public, max-age=300"


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/a.png", "http://169.254.169.254/", "http://[::1]/", "ftp://x/"])
def test_our_own_network_is_not_shown_even_if_signed(client: TestClient, url: str) -> None:
    assert client.get(path(url)).status_code == 404


def test_nor_by_a_redirect(client: TestClient, elsewhere: Site) -> None:
    elsewhere.pages["/a.png"] = redirect("http://127.0.0.1:1/a.png")
    assert client.get(path(elsewhere.url("/a.png"))).status_code == 404


def test_slow_hosts_keep_only_so_many_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "WAIT_S", 0.01)
    going, enough = threading.Event(), threading.Semaphore(0)

    def slow(_url: str) -> bytes:
        enough.release()
        going.wait(10)
        return PNG

    shelf = pictures.Shelf(slow)
    threads = [threading.Thread(target=shelf.get, args=(f"https://x{n % 2}/{n}",)) for n in range(pictures.AT_ONCE)]
    for thread in threads:
        thread.start()
        enough.acquire()
    assert shelf.get("https://x/one-more") is None
    going.set()
    for thread in threads:
        thread.join()
    assert shelf.get("https://x/one-more") == PNG


def test_no_host_holds_more_than_half_of_the_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "WAIT_S", 0.01)
    going, enough = threading.Event(), threading.Semaphore(0)

    def slow(url: str) -> bytes:
        enough.release()
        if url.startswith("https://slow/"):
            going.wait(10)
        return PNG

    shelf = pictures.Shelf(slow)
    threads = [threading.Thread(target=shelf.get, args=(f"https://slow/{n}",)) for n in range(pictures.PER_HOST)]
    for thread in threads:
        thread.start()
        enough.acquire()
    assert shelf.get("https://slow/one-more") is None
    assert shelf.get("https://quick/") == PNG
    going.set()
    for thread in threads:
        thread.join()


def test_what_was_asked_for_in_vain_is_not_asked_for_again_for_a_while() -> None:
    asked, now = list[str](), [0.0]

    def fetch(url: str) -> bytes:
        asked.append(url)
        if url == "gone":
            raise FetchRefused("status", "404")
        return b"<html></html>"

    shelf = pictures.Shelf(fetch, lambda: now[0])
    for url in ("gone", "page", "gone", "page", "gone"):
        assert shelf.get(url) is None
    assert asked == ["gone", "page"]
    now[0] += pictures.IN_VAIN_S
    assert shelf.get("gone") is None
    assert asked == ["gone", "page", "gone"]


def test_only_so_many_failures_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "IN_VAIN_MOST", 2)
    asked = list[str]()

    def nothing(url: str) -> bytes:
        asked.append(url)
        return b""

    shelf = pictures.Shelf(nothing)
    for url in ("a", "b", "c", "b", "a"):
        shelf.get(url)
    assert asked == ["a", "b", "c", "a"]


def test_many_who_ask_for_one_picture_at_once_are_one_fetch() -> None:
    going, asked, got = threading.Event(), list[str](), list[bytes | None]()

    def slow(url: str) -> bytes:
        asked.append(url)
        going.wait(10)
        return PNG

    shelf = pictures.Shelf(slow)
    threads = [threading.Thread(target=lambda: got.append(shelf.get("https://x/a"))) for _ in range(5)]
    for thread in threads:
        thread.start()
    going.set()
    for thread in threads:
        thread.join()
    assert (asked, got) == (["https://x/a"], [PNG] * 5)


def test_the_shelf_holds_so_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "KEPT_BYTES", 100)
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return PNG

    shelf = pictures.Shelf(fetch)
    for url in ("a", "b", "a", "c", "a", "b"):
        assert shelf.get(url) == PNG
    assert asked == ["a", "b", "c", "b"]


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x00\x00\x00\x00WAVE", ""),
        (b"%PDF-1.7", ""),
    ],
)
def test_the_type_is_told_by_the_first_bytes(start: bytes, kind: str) -> None:
    assert pictures.kind_of(start) == kind
