"""What an entry's HTML tells beyond its text: whole addresses, the first picture, and no feed boilerplate."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from notifier.domain.html import bounded

URL_MAX: Final = 2000
_LAZY: Final = ("data-src", "data-lazy-src", "data-original")
_PIXEL: Final = frozenset({"0", "1", "2", "3"})
_BACK_LINKS: Final = 2


@dataclass(frozen=True, slots=True)
class Article:
    """An entry's HTML with absolute addresses, and its pictures as (address, alternative text)."""

    html: str
    images: tuple[tuple[str, str], ...] = ()


def read_article(html: str, base: str, url: str = "") -> Article:
    """Resolve addresses against `base`; drop the closing line that leads back to `url` and its site."""
    body = LexborHTMLParser(bounded(html)).body if html else None
    if body is None:
        return Article("")
    _drop_back_link(body, base, url)
    for link in body.css("a[href]"):
        link.attrs["href"] = absolute(link.attributes.get("href") or "", base)
    images: dict[str, str] = {}
    for image in body.css("img"):
        address = _address(image, base)
        image.attrs["src"] = address
        if address and not _is_ornament(image):
            images.setdefault(address, image.attributes.get("alt") or "")
    return Article(body.inner_html or "", tuple(images.items()))


def absolute(url: str, base: str) -> str:
    """The whole http, https or mailto address; empty for any other, a broken or an overlong one."""
    if not url.strip():
        return ""
    try:
        whole = urljoin(base, url.strip())
        parts = urlsplit(whole)
    except ValueError:
        return ""
    is_web = parts.scheme in ("http", "https") and parts.netloc
    return whole if (is_web or parts.scheme == "mailto") and len(whole) <= URL_MAX else ""


def web_address(url: str, base: str) -> str:
    """As `absolute`, but http and https only."""
    whole = absolute(url, base)
    return whole if whole.startswith("http") else ""


def _address(image: LexborNode, base: str) -> str:
    source = image.attributes.get("src") or ""
    if not source or source.startswith("data:"):
        source = next((lazy for name in _LAZY if (lazy := image.attributes.get(name))), "")
    return web_address(source, base) if source else ""


def _is_ornament(image: LexborNode) -> bool:
    """Whether it is a counting pixel or a smiley rather than a picture."""
    attributes = image.attributes
    sizes = {attributes.get("width"), attributes.get("height")}
    return bool(sizes & _PIXEL) or "wp-smiley" in (attributes.get("class") or "")


def _drop_back_link(body: LexborNode, base: str, url: str) -> None:
    """WordPress ends each entry with "the post … appeared first on …": the article's link, then its site's."""
    paragraphs = body.css("p")
    if not (paragraphs and url):
        return
    links = [absolute(link.attributes.get("href") or "", base) for link in paragraphs[-1].css("a[href]")]
    if len(links) == _BACK_LINKS and links[0] == url and url.startswith(links[1].rstrip("/") + "/"):
        paragraphs[-1].decompose()
