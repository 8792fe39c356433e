"""The script of the subscribe box, one for each site: a web component that asks the box's API for all it shows."""

import hashlib
import json
import re
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request, Response

from notifier.domain.colour import accent
from notifier.web import boxes, wording
from notifier.web.edge import LOOKING, Edge, Here, voice
from notifier.web.look import STATIC, Voice
from notifier.web.places import Place

router = APIRouter(include_in_schema=False)

_CONFIG: Final = "const config = CONFIG;"
_BETWEEN: Final = re.compile(r"\s*([{};:,>])\s*")
FRESH_S: Final = 3600
STALE_S: Final = 604_800


def _packed(source: str) -> str:
    lines = (line.strip() for line in source.splitlines())
    script = "\n".join(line for line in lines if line and not line.startswith("//"))
    head, begin, rest = script.partition("const sheet = `")
    sheet, end, tail = rest.partition("`;")
    return head + begin + _BETWEEN.sub(r"\1", sheet) + end + tail


_SCRIPT: Final = _packed((STATIC / "widget.js").read_text("utf-8"))


@router.api_route("/{site}/widget.js", methods=LOOKING)
def get_widget(request: Request, edge: Here, site: str) -> Response:
    """The script; browsers keep it for an hour and ask again by its ETag (RFC 9110, section 13.1.2)."""
    place = boxes.site(edge, site)
    body = _SCRIPT.replace(_CONFIG, f"const config = {_config(request, edge, place)};").encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    headers = {
        "Cache-Control": f"public, max-age={FRESH_S}, stale-while-revalidate={STALE_S}",
        "ETag": etag,
        # A script that any page may load, whatever that page isolates itself from.
        "Cross-Origin-Resource-Policy": "cross-origin",
        "X-Content-Type-Options": "nosniff",
    }
    asked = request.headers.get("if-none-match", "")
    if asked == "*" or etag in (one.strip().removeprefix("W/") for one in asked.split(",")):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, media_type="text/javascript; charset=utf-8", headers=headers)


def _config(request: Request, edge: Edge, place: Place) -> str:
    asked = edge.look.sentences.supported(request.query_params.get("lang")) or ""
    speaks: Voice = voice(request, edge, place.face)
    colours = accent(place.face.colour)
    config = {
        "site": place.face.slug,
        "lang": speaks.language,
        "asked": asked,
        "languages": edge.look.sentences.languages,
        "accent": colours.text,
        "dark": colours.dark_text,
        "page": wording.of_box(edge, speaks.language, place.face.name)["page"],
    }
    # A script may not hold what would end its element, were somebody to put it into a page as it is.
    return json.dumps(config, ensure_ascii=False).replace("<", "\\u003c")
