"""What a row means: somebody, a topic and a date; or why it is not taken. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from html import unescape
from typing import Final

from notifier.domain import topics
from notifier.domain.address import Address, AddressInvalid, check_address
from notifier.domain.html import clean_line, plain_name
from notifier.domain.takeover import Guids, OldLink, Skip, Wanted, is_placeholder
from notifier.domain.words import OldLinkKind
from notifier.sources.wpdiscuz.table import FOLLOWS, MARK, POSTMETA, SUBSCRIPTIONS, Row, Shape

DIGITS_MAX: Final = 18
"""As long as an id may be that a database can hold."""
NAME_MAX: Final = 200
LABEL_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class Terms:
    """What the tables do not say themselves."""

    guids: Guids
    zone: tzinfo
    """Of moments that are told without one: WordPress writes its own local time."""
    now: datetime
    placeholders: frozenset[str] = frozenset()
    """More domains that nobody has."""
    is_ticked: bool = False
    """Whether wpDiscuz had ticked the box of replies to a comment beforehand."""


class _SkippedError(Exception):
    def __init__(self, why: Skip) -> None:
        super().__init__(why)
        self.why = why


def read(shape: Shape, name: str, row: Row, terms: Terms) -> Wanted | Skip:
    """What a row of this table asks for, or why it is left out."""
    if row.values is None:
        return Skip.UNREADABLE
    try:
        return _READERS[shape.name](row.values, f"{name}:{row.number}", terms)
    except _SkippedError as skipped:
        return skipped.why


def _subscription(values: Mapping[str, str], place: str, terms: Terms) -> Wanted:
    """The box of wpDiscuz, "notify me of": every comment, replies to any of mine, or replies to one."""
    number, about = _id(values["id"]), _id(values["subscribtion_id"])
    match values["subscribtion_type"].strip():
        case "post":
            article = terms.guids.article(about)
            topic = topics.thread(article)
        case "all_comment":
            article = terms.guids.article(about)
            topic = _mine(article)
        case "comment":
            post = _id(values["post_id"])
            article = terms.guids.article(post)
            topic = topics.replies(terms.guids.comment(post, about))
        case _:
            raise _SkippedError(Skip.KIND)
    _check_confirmed(values["confirm"])
    address = _address(values["email"], terms)
    link = OldLink(OldLinkKind.SUBSCRIPTION, number, values["activation_key"].strip())
    at = _moment(values.get("subscription_date", ""), terms)
    return Wanted(
        place, str(address), address.key, _topic(topic), article, at,
        label=_line(values.get("post_title", ""), LABEL_MAX), link=link,
        origin=_line(values.get("imported_from", ""), NAME_MAX),
        is_implicit=terms.is_ticked and topic.startswith("replies:"),
    )  # fmt: skip


def _follow(values: Mapping[str, str], place: str, terms: Terms) -> Wanted:
    """The button of wpDiscuz, "follow": whatever this person writes, told by their address; by-lines are names."""
    number = _id(values["id"])
    name, followed = _line(values["user_name"], NAME_MAX), _key(values.get("user_email", ""), terms)
    if not (name or followed):
        raise _SkippedError(Skip.NAME)
    _check_confirmed(values["confirm"])
    address = _address(values["follower_email"], terms)
    return Wanted(
        place, str(address), address.key, _topic(topics.author(name)) if name else "", "",
        _moment(values.get("follow_date", ""), terms), name=_line(values.get("follower_name", ""), NAME_MAX),
        # Comments are signed with any name; an editor's by-line stands as it is.
        label=plain_name(name) if followed else name,
        link=OldLink(OldLinkKind.FOLLOW, number, values["activation_key"].strip()), followed=followed,
    )  # fmt: skip


def _reloaded(values: Mapping[str, str], place: str, terms: Terms) -> Wanted:
    """Subscribe to Comments Reloaded: the address in the key, the date and a letter in the value."""
    mark, _, raw = values["meta_key"].partition(MARK)
    when, bar, status = values["meta_value"].strip().rpartition("|")
    if mark or not bar:
        raise _SkippedError(Skip.KIND)
    article = terms.guids.article(_id(values["post_id"]))
    topic = _RELOADED.get(status.strip().upper())
    if not isinstance(topic, Skip) and topic is not None:
        address = _address(raw, terms)
        label = _line(values.get("post_title", ""), LABEL_MAX)
        return Wanted(
            place, str(address), address.key, _topic(topic(article)), article, _moment(when, terms), label=label
        )
    raise _SkippedError(topic or Skip.KIND)


def _mine(article: str) -> str:
    """Answers to any comment of one's own there; whose, the taking over knows."""
    return f"{topics.MINE}:{article}"


_RELOADED: Final[dict[str, Callable[[str], str] | Skip]] = {
    "Y": topics.thread,
    "R": _mine,
    "C": Skip.SUSPENDED,
    "YC": Skip.UNCONFIRMED,
    "RC": Skip.UNCONFIRMED,
}
_READERS: Final = {SUBSCRIPTIONS.name: _subscription, FOLLOWS.name: _follow, POSTMETA.name: _reloaded}


def _id(raw: str) -> int:
    digits = raw.strip()
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= DIGITS_MAX and int(digits)):
        raise _SkippedError(Skip.ID)
    return int(digits)


def _check_confirmed(raw: str) -> None:
    match raw.strip():
        case "1":
            return
        case "0":
            raise _SkippedError(Skip.UNCONFIRMED)
        case _:
            raise _SkippedError(Skip.CONFIRM)


def _address(raw: str, terms: Terms) -> Address:
    typed = raw.strip()
    if is_placeholder(typed.lower(), terms.placeholders):
        raise _SkippedError(Skip.PLACEHOLDER)
    try:
        address = check_address(typed)
    except AddressInvalid:
        raise _SkippedError(Skip.ADDRESS) from None
    if is_placeholder(address.key, terms.placeholders):
        raise _SkippedError(Skip.PLACEHOLDER)
    return address


def _key(raw: str, terms: Terms) -> str:
    """The canonical address of somebody, if it is a real one."""
    try:
        return _address(raw, terms).key
    except _SkippedError:
        return ""


def _moment(raw: str, terms: Terms) -> datetime | None:
    """None where the table has no date; WordPress writes zeros for none."""
    told = raw.strip()
    if not told or told.startswith("0000-00-00"):
        return None
    try:
        found = datetime.fromisoformat(told)
        moment = (found if found.tzinfo else found.replace(tzinfo=terms.zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _SkippedError(Skip.DATE) from None
    # A clock that was wrong is no reason to lose a reader, but nobody agreed tomorrow.
    return min(moment, terms.now)


def _topic(name: str) -> str:
    found = topics.normalise(name)
    if found is None:
        raise _SkippedError(Skip.TOPIC)
    return found


def _line(raw: str, most: int) -> str:
    return clean_line(unescape(raw))[:most]
