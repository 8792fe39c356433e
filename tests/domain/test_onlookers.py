"""Who opens a letter or follows its link."""

import pytest

from notifier.domain.onlookers import by_request, is_burst
from notifier.domain.traces import Onlooker, TraceKind

SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
CHROME = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
YAHOO = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"
OPEN, CLICK = TraceKind.OPEN, TraceKind.CLICK


@pytest.mark.parametrize(
    ("kind", "method", "agent", "onlooker"),
    [
        (OPEN, "GET", SAFARI, Onlooker.PERSON),
        (CLICK, "GET", CHROME, Onlooker.PERSON),
        (OPEN, "GET", "Mozilla/5.0", Onlooker.APPLE),
        (CLICK, "GET", "Mozilla/5.0", Onlooker.MACHINE),
        (OPEN, "GET", GMAIL, Onlooker.PROXY),
        (OPEN, "GET", YAHOO, Onlooker.PROXY),
        (CLICK, "HEAD", CHROME, Onlooker.MACHINE),
        (OPEN, "HEAD", GMAIL, Onlooker.MACHINE),
        (CLICK, "GET", "", Onlooker.MACHINE),
        (CLICK, "GET", "Mozilla/5.0 (compatible; Barracuda Sentinel)", Onlooker.MACHINE),
        (CLICK, "GET", "python-requests/2.32", Onlooker.MACHINE),
        (CLICK, "GET", "curl/8.5.0", Onlooker.MACHINE),
        (CLICK, "GET", "Mozilla/5.0 AppleWebKit/537.36 HeadlessChrome/140.0 Safari/537.36", Onlooker.MACHINE),
        (CLICK, "GET", "Slackbot-LinkExpanding 1.0", Onlooker.MACHINE),
        (CLICK, "GET", "WhatsApp/2.24", Onlooker.MACHINE),
        (CLICK, "GET", "Googlebot/2.1", Onlooker.MACHINE),
        (CLICK, "GET", "Mozilla/5.0 (Linux; Android 14; CUBOT KINGKONG) Chrome/140.0 Mobile", Onlooker.MACHINE),
    ],
)
def test_each_is_known_by_how_it_asks(kind: TraceKind, method: str, agent: str, onlooker: Onlooker) -> None:
    assert by_request(kind, method, agent) is onlooker


@pytest.mark.parametrize(
    ("clicks", "verdict"),
    [
        ([(0.0, "a"), (0.3, "b"), (0.9, "c")], True),
        ([(0.9, "c"), (0.0, "a"), (0.3, "b")], True),
        ([(0.0, "a"), (0.3, "b"), (1.5, "c")], False),
        ([(0.0, "a"), (0.1, "a"), (0.2, "a"), (0.3, "b")], False),
        ([(0.0, "a"), (5.0, "b"), (5.4, "c"), (5.9, "d")], True),
        ([], False),
    ],
)
def test_several_links_within_a_second_are_a_machines(clicks: list[tuple[float, str]], verdict: object) -> None:
    assert is_burst(clicks) is verdict
