"""Who opens a letter or follows its link: a person, a mail provider's proxy, or a machine that looks at everything."""

import re
from collections import deque
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from notifier.domain.traces import Onlooker, TraceKind

SOON: Final = timedelta(seconds=5)
"""Sooner after a letter left nobody has read it: the gateway that took it looks it through."""
BURST: Final = 3
BURST_S: Final = 1.0
"""Nobody follows so many links of a letter within a second."""
_APPLE: Final = "Mozilla/5.0"
"""All that Apple's Mail Privacy Protection says; it loads every picture of every letter, opened or not."""
_PROXIES: Final = ("googleimageproxy", "ggpht.com", "yahoomailproxy")
"""Load a picture when a person opens the letter, and hide who that is."""
_MACHINES: Final = re.compile(
    r"bot\b|bot[/;\s]|crawl|spider|scan|preview|headless|monitor|fetch|barracuda|mimecast|proofpoint|safelinks|"
    r"symantec|forcepoint|trendmicro|sophos|cisco|fireeye|bitdefender|kaspersky|curl|wget|python|httpx|aiohttp|"
    r"go-http|libwww|okhttp|java/|ruby|perl|phantomjs|puppeteer|playwright|selenium|facebookexternalhit|whatsapp|"
    r"telegram|slack|discord|skypeuripreview|amazonaws|azure|googlecloud",
    re.IGNORECASE,
)
_LONGEST: Final = 1000


def by_request(kind: TraceKind, method: str, agent: str) -> Onlooker:
    """As far as one request tells: who only asks for the head of a page reads nothing."""
    agent = agent.strip()[:_LONGEST]
    if method != "GET" or not agent:
        return Onlooker.MACHINE
    if kind is TraceKind.OPEN:
        if agent == _APPLE:
            return Onlooker.APPLE
        if any(name in agent.lower() for name in _PROXIES):
            return Onlooker.PROXY
    return Onlooker.MACHINE if _MACHINES.search(agent) or agent == _APPLE else Onlooker.PERSON


def is_burst(clicks: Iterable[tuple[float, str]]) -> bool:
    """Whether clicks, as (seconds, link), are those of a machine: several links at once."""
    recent = deque[tuple[float, str]]()
    for at, link in sorted(clicks):
        while recent and at - recent[0][0] > BURST_S:
            recent.popleft()
        # The same link twice is a double click.
        if all(link != other for _, other in recent):
            recent.append((at, link))
        if len(recent) >= BURST:
            return True
    return False
