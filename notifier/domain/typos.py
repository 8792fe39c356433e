"""A domain that was most likely mistyped: `gmial.com` for `gmail.com`."""

from functools import lru_cache
from typing import Final

BIG: Final = (
    *("gmail.com", "googlemail.com", "yahoo.com", "ymail.com", "rocketmail.com", "hotmail.com", "outlook.com"),
    *("live.com", "msn.com", "icloud.com", "me.com", "mac.com", "aol.com", "protonmail.com", "proton.me", "pm.me"),
    *("tutanota.com", "zoho.com", "fastmail.com", "gmx.com", "gmx.de", "gmx.net", "gmx.at", "gmx.ch", "web.de"),
    *("mail.com", "mail.ru", "yandex.ru", "yandex.com", "t-online.de", "freenet.de", "laposte.net", "orange.fr"),
    *("free.fr", "wanadoo.fr", "sfr.fr", "yahoo.fr", "hotmail.fr", "outlook.fr", "live.fr", "yahoo.co.uk", "yahoo.de"),
    *("hotmail.co.uk", "live.co.uk", "outlook.de", "hotmail.de", "btinternet.com", "comcast.net", "verizon.net"),
    # Where our readers live.
    *("yahoo.co.il", "walla.co.il", "walla.com", "netvision.net.il", "bezeqint.net", "012.net.il", "outlook.co.il"),
    *("chmail.ir", "mailfa.com", "yahoo.com.sa", "outlook.sa", "hotmail.ae", "yahoo.ae", "emirates.net.ae", "eim.ae"),
    *("maktoob.com", "yahoo.com.eg", "link.net", "cyberia.net.lb", "idm.net.lb", "terra.net.lb", "batelco.com.bh"),
    *("qatar.net.qa", "omantel.net.om", "yahoo.com.pk", "hotmail.com.tr", "mynet.com", "uruklink.net", "inwind.it"),
    *("menara.ma", "wanadoo.dz", "topnet.tn", "gnet.tn", "planet.tn", "ttnet.net.tr", "cytanet.com.cy"),
)
"""Big domains of mailboxes, those of our readers' countries among them."""

_REAL: Final = frozenset(
    {
        *BIG,
        # Near to a big one, and in use: nobody is asked about these.
        *("email.com", "ymail.de", "gmx.fr", "gmx.us", "gmx.co.uk", "mail.de", "mail.be", "mail.bg"),
        *("live.de", "live.nl", "live.it", "live.se", "live.dk", "live.no", "live.ca", "live.at", "live.be", "live.ie"),
        *("yahoo.ca", "yahoo.in", "yahoo.it", "yahoo.es", "yahoo.gr", "yahoo.ie", "yahoo.se", "yahoo.no", "yahoo.dk"),
        *("yahoo.pl", "yahoo.ro", "yahoo.co.in", "yahoo.co.jp", "yahoo.co.id", "yahoo.co.th", "yahoo.co.za"),
        *("yahoo.com.br", "yahoo.com.ar", "yahoo.com.au", "yahoo.com.mx", "yahoo.com.sg", "yahoo.com.tr", "yahoo.cn"),
        *("hotmail.it", "hotmail.es", "hotmail.nl", "hotmail.be", "hotmail.ca", "hotmail.se", "hotmail.no", "aol.de"),
        *("outlook.it", "outlook.es", "outlook.at", "outlook.be", "outlook.dk", "outlook.ie", "outlook.in", "aol.fr"),
        *("yandex.ua", "yandex.by", "yandex.kz", "ya.ru", "freenet.com", "zoho.eu", "zoho.in", "protonmail.ch"),
        *("free.com", "web.com", "mail.fr", "mac.de", "link.com", "planet.nl", "orange.net", "orange.com", "sfr.net"),
        *(
            "pm.com",
            "mynet.net",
            "fastmail.fm",
            "fastmail.net",
            "walla.net",
            "terra.com",
            "eim.com",
            "idm.net",
            "imail.com",
        ),
    }
)
_SHORT: Final = 8
"""Of a name this short every other is near: it is only compared whole, or not at all."""
_FAR: Final = 2


@lru_cache(maxsize=4096)
def meant(domain: str) -> str | None:
    """The big domain that this A-label domain was most likely meant to be; None for one that may well be right.

    One slip away, or two in a longer name; a slip is a letter too many, missing, wrong, or swapped with its
    neighbour (Damerau's distance).
    """
    if domain in _REAL:
        return None
    near = sorted((slips(domain, big), at) for at, big in enumerate(BIG) if abs(len(domain) - len(big)) <= _FAR)
    if not near:
        return None
    count, at = near[0]
    big = BIG[at]
    most = 0 if len(big) < _SHORT else 1 if len(big) <= _SHORT + 1 else _FAR
    # The first letter is rarely the wrong one, and `hotmail` is not `rotmail`: with two slips it must be right.
    return big if count <= most and (count == 1 or domain[0] == big[0]) else None


def slips(one: str, other: str) -> int:
    """How many slips lie between two words: the optimal string alignment distance."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            least = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                least = min(least, earlier[j - 2] + 1)
            row.append(least)
    return row[-1]
