"""The development inbox in the browser: every letter that was sent, and nothing in it that could run."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Request, Response
from starlette.responses import HTMLResponse

from notifier.domain.clients import CLIENTS
from notifier.domain.text.bidi import direction_of
from notifier.domain.text.strings import Strings
from notifier.embedded.inbox import Entry, Inbox, Letter, LetterUnknown
from notifier.settings import templates_dir
from notifier.web.edge import LOOKING, Edge, Here, voice
from notifier.web.inbox_words import TAGS_MAX, Words, checked
from notifier.web.look import PLAIN_HEADERS, STATIC, Voice
from notifier.web.problems import Problem

REFRESH_S: Final = 5
PAGE: Final = 100
SHOWN_MAX: Final = 200_000
"""Characters of a text or a source on its page; the file holds the rest."""
LINES_MAX: Final = 5_000
TABS: Final = ("html", "phone", "clients", "text", "headers", "source")
SANDBOX: Final = "allow-popups allow-popups-to-escape-sandbox"
"""What a letter may do: open a link in another tab, by a click. No scripts, no forms, no origin of its own."""
_STYLE: Final = (STATIC / "inbox.css").read_bytes()
_STYLE_VERSION: Final = hashlib.sha256(_STYLE).hexdigest()[:12]
_HEAD: Final = re.compile(r"<head(?:\s[^>]*)?>", re.IGNORECASE)
_DOCTYPE: Final = re.compile(r"\s*<!doctype[^>]*>", re.IGNORECASE)


def router(inbox: Inbox) -> APIRouter:
    """The pages of one inbox: /inbox, /inbox.json, and each letter."""
    desk = _Desk(inbox, Strings.load(templates_dir() / "strings"))
    made = APIRouter(include_in_schema=False)
    made.add_api_route("/inbox", desk.show_list, methods=LOOKING)
    made.add_api_route("/inbox.json", desk.tell_list, methods=LOOKING)
    made.add_api_route("/inbox/style.css", show_style, methods=LOOKING)
    # Other words than a number are no letter: 404, not a complaint about the number.
    made.add_api_route("/inbox/{letter_id:int}", desk.show_letter, methods=LOOKING)
    made.add_api_route("/inbox/{letter_id:int}/body", desk.show_body, methods=LOOKING)
    made.add_api_route("/inbox/{letter_id:int}/letter.eml", desk.give_file, methods=LOOKING)
    return made


def show_style() -> Response:
    """The inbox's own style sheet."""
    return Response(_STYLE, media_type="text/css; charset=utf-8", headers={"X-Content-Type-Options": "nosniff"})


@dataclass(frozen=True, slots=True)
class _Desk:
    inbox: Inbox
    strings: Strings

    def show_list(self, request: Request, edge: Here) -> Response:
        """Letters, the newest first; `?q=` searches, `?still=1` stays as it is, `?before=` goes on below an id."""
        speaks = voice(request, edge)
        words, query = Words(self.strings.voice(speaks.language), edge.clock()), _asked(request, "q")
        before = _number(_asked(request, "before"))
        entries = self.inbox.list(PAGE + 1, query, before)
        total = self.inbox.count(query)
        return _page(
            edge,
            "inbox",
            speaks,
            link=_Links.of(request),
            words=words,
            rows=[words.row(entry) for entry in entries[:PAGE]],
            older=entries[PAGE - 1].id if len(entries) > PAGE else None,
            total=total,
            tally=words.say("found" if query else "count", count=total),
            query=query,
            is_still=_asked(request, "still") == "1",
            is_first=before is None,
            refresh_s=REFRESH_S,
            languages=_languages(edge),
        )

    def tell_list(self, request: Request) -> list[dict[str, Any]]:
        """The same for scripts: id, subject, to (of the envelope) and size; `?q=` and `?limit=`."""
        entries = self.inbox.list(_number(_asked(request, "limit")) or PAGE, _asked(request, "q"))
        return [_told(entry) for entry in entries]

    def show_letter(self, request: Request, edge: Here, letter_id: int) -> Response:
        """One letter; `?tab=` shows another side of it."""
        letter, speaks = self._letter(letter_id), voice(request, edge)
        words = Words(self.strings.voice(speaks.language), edge.clock())
        newer, older = self.inbox.neighbours(letter_id)
        tab = _tab(_asked(request, "tab"), letter)
        full = letter.text if tab == "text" else letter.source if tab == "source" else ""
        shown = _shortened(full)
        return _page(
            edge,
            "inbox_letter",
            speaks,
            link=_Links.of(request),
            words=words,
            letter=letter,
            row=words.row(letter.entry),
            newer=newer,
            older=older,
            tab=tab,
            tabs=TABS,
            clients=tuple(CLIENTS) if letter.html.count("<") <= TAGS_MAX else (),
            sandbox=SANDBOX,
            shown=shown,
            is_shortened=len(shown) < len(full),
            weight=words.weight(letter.html_size),
            findings=checked(letter),
            languages=_languages(edge),
        )

    def show_body(self, request: Request, edge: Here, letter_id: int) -> Response:
        """The letter's HTML for a frame, whole or as `?client=` leaves it, with headers that let nothing run."""
        html = _opening_elsewhere(_as_seen(self._letter(letter_id).html, _asked(request, "client")))
        csp = _body_csp(edge.parts.settings.base_url)
        return HTMLResponse(html, headers={**PLAIN_HEADERS, "Content-Security-Policy": csp})

    def give_file(self, letter_id: int) -> Response:
        """The bytes, as a file."""
        named = {"Content-Disposition": f'attachment; filename="letter-{letter_id}.eml"'}
        return Response(self._letter(letter_id).raw, media_type="message/rfc822", headers={**PLAIN_HEADERS, **named})

    def _letter(self, letter_id: int) -> Letter:
        try:
            return self.inbox.get(letter_id)
        except LetterUnknown:
            raise Problem(HTTPStatus.NOT_FOUND, "inbox.missing") from None


@dataclass(frozen=True, slots=True)
class _Links:
    """Links that keep the language, the search and the stillness of the page they stand on."""

    kept: dict[str, str]

    @classmethod
    def of(cls, request: Request) -> "_Links":
        return cls({name: found for name in ("lang", "still", "q") if (found := _asked(request, name))})

    def __call__(self, path: str = "/inbox", **changes: object) -> str:
        pairs = {name: str(value) for name, value in {**self.kept, **changes}.items() if value not in {"", None}}
        return f"{path}?{urlencode(pairs)}" if pairs else path


def _page(edge: Edge, name: str, speaks: Voice, **values: Any) -> Response:  # noqa: ANN401 - a template takes what it says
    page = edge.look.page(name, speaks, style=_STYLE_VERSION, direction_of=_direction, **values)
    page.headers["Content-Security-Policy"] += "; frame-src 'self'"
    return page


def _asked(request: Request, name: str) -> str:
    return request.query_params.get(name, "")[:200].strip()


def _number(text: str) -> int | None:
    return int(text[:18]) if text.isascii() and text.isdigit() else None


def _told(entry: Entry) -> dict[str, Any]:
    return {"id": entry.id, "subject": entry.subject, "to": entry.rcpt_to, "size": entry.size}


def _tab(asked: str, letter: Letter) -> str:
    if asked in TABS:
        return asked
    return "html" if letter.html else "text" if letter.text or letter.is_readable else "source"


def _as_seen(html: str, client: str) -> str:
    # The parser needs quadratic time for nested tags, and such a letter is none of ours.
    if client not in CLIENTS or html.count("<") > TAGS_MAX:
        return html
    return CLIENTS[client](html, "ltr")


def _shortened(text: str) -> str:
    return "".join(text[:SHOWN_MAX].splitlines(keepends=True)[:LINES_MAX])


def _direction(text: str, default: str) -> str:
    return direction_of(text[:SHOWN_MAX], "", default)


def _languages(edge: Edge) -> Sequence[tuple[str, str]]:
    sentences = edge.look.sentences
    return [(tag, sentences.plain(tag, "language_name")) for tag in sentences.languages]


def _opening_elsewhere(html: str) -> str:
    """Links open in a tab of their own: in the frame our own pages would be refused."""
    place = _HEAD.search(html) or _DOCTYPE.match(html)
    end = place.end() if place else 0
    return f'{html[:end]}<base target="_blank">{html[end:]}'


def _body_csp(base_url: str) -> str:
    # Pictures may be ours by a name other than the one in the address bar: localhost, 127.0.0.1.
    ours = urlsplit(base_url)
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https: {ours.scheme}://{ours.netloc}; "
        f"base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox {SANDBOX}"
    )
