"""Which replies ask for fewer letters, and from whom: the account as a whole, or one group of recipients."""

import re
from enum import Enum, auto
from typing import Final

TRANSIENT: Final = range(400, 500)
LEAVING: Final = 421


class Scope(Enum):
    """Who should be slower."""

    ACCOUNT = auto()
    GROUP = auto()


_BEFORE_THE_RECIPIENT: Final = frozenset({"CONNECT", "EHLO", "HELO", "STARTTLS", "AUTH", "MAIL"})
_CODES: Final = frozenset({450, 451, 452, 454})
# RFC 3463: 4.7.x policy, 4.2.x the mailbox, 4.3.2 the system takes nothing now, 4.4.5 congestion.
_STATUS: Final = re.compile(r"\b4\.(?:7\.\d{1,3}|2\.\d{1,3}|3\.2|4\.5)\b")
_WORDS: Final = re.compile(
    r"\brate[ds]?\b|rate[- ]?limit|throttl|too (?:many|much|fast|frequent)|try(?:ing)? again later|temporar\w+ deferred"
    r"|unusual|exceed\w* .{0,40}(?:limit|quota|rate)|limit .{0,30}exceed|slow(?:ing)? down|server (?:is )?busy"
    r"|connection limit|load is too high|resources (?:temporarily )?(?:restricted|exceeded)",
    re.IGNORECASE,
)
# The account's own ration, wherever in the dialogue it runs out.
_OWN: Final = re.compile(
    r"maximum sending rate|daily (?:\w+ )?(?:quota|limit)|sending (?:rate|limit|quota)|sender rate"
    r"|submission (?:rate|quota|limit)|\b(?:account|plan|credits?|domain \S+)\b.{0,40}\b(?:limit|quota|exceeded)"
    r"|messages? ?(?:per |/ ?)(?:second|minute|hour|day)",
    re.IGNORECASE,
)
# Greylisting asks this one letter to come again (RFC 6647): an ordinary retry, at whatever speed the others go.
_GREYLISTED: Final = re.compile(r"gr[ae]y.?list|postgrey|\bfirst (?:time|attempt)", re.IGNORECASE)
# One reader's mailbox: as full, as busy or as unknown at any other speed.
_MAILBOX: Final = re.compile(
    r"\b4\.2\.2\b|user you are trying to contact|over ?quota|out of storage|insufficient (?:system )?storage"
    r"|(?:mail ?box|inbox|user|recipient|storage|disk)\b.{0,40}\b(?:full|over|quota|space|locked|busy|unknown|disabled)"
    r"|\bverif\w+",
    re.IGNORECASE,
)
# As many as a connection may carry: the next one carries more, no slower.
_RENEW: Final = re.compile(
    r"(?:messages|mails|recipients|transactions) (?:in|on|per|for|this) .{0,10}(?:connection|session)", re.IGNORECASE
)


def slowdown(command: str, code: int, text: str) -> Scope | None:
    """Who should be slower after this reply; None where speed is not what it is about.

    `command`: the verb that was answered (`CONNECT` for the greeting, `.` for the final dot). A 421 asks for it by
    itself, and ends the connection too. Greylisting, full mailboxes and connections that carried their fill do not.
    """
    if code not in TRANSIENT or not _asks(code, text):
        return None
    if command.upper() in _BEFORE_THE_RECIPIENT or _OWN.search(text):
        return Scope.ACCOUNT
    return Scope.GROUP


def _asks(code: int, text: str) -> bool:
    if _GREYLISTED.search(text) or _MAILBOX.search(text) or _RENEW.search(text):
        return False
    if code == LEAVING or _WORDS.search(text) or _OWN.search(text):
        return True
    return code in _CODES and bool(_STATUS.search(text))
