"""What letters need beyond our own code, looked at on demand. For owners."""

from fastapi import APIRouter, Response

from notifier.desk import audit
from notifier.doctor import Light, Report, words
from notifier.web.desk.gate import PREFIX, Entered, Owner, scene
from notifier.web.edge import LOOKING, Edge, Here

router = APIRouter(prefix=f"{PREFIX}/doctor", include_in_schema=False)

_ORDER = (Light.RED, Light.AMBER, Light.GREEN, Light.SKIPPED)


@router.api_route("", methods=LOOKING)
def show(edge: Here, entered: Owner) -> Response:
    """What it is, and the button."""
    return _page(edge, entered, None)


@router.post("")
def examine(edge: Here, entered: Owner) -> Response:
    """Examine, within some seconds, and show what was found."""
    now = edge.clock()
    report = edge.doctor()
    with edge.parts.db.writing() as session:
        counts = {light.value: report.count(light) for light in _ORDER}
        audit.note(session, entered.seat.actor, "doctor.asked", now, **counts)
    return _page(edge, entered, report)


def _page(edge: Edge, entered: Entered, report: Report | None) -> Response:
    # The worst first: who opens this page wants to know what to do.
    found = sorted(report.findings, key=lambda one: _ORDER.index(one.light)) if report else []
    counts = {light.value: report.count(light) if report else 0 for light in _ORDER}
    here = scene(edge, entered, "doctor")
    voice = words.strings().voice(here.language)

    def in_words(sentence: str) -> str:
        # First strong isolates: a host or a record reads from the left within a sentence from the right.
        return words.in_words(sentence, voice, ("\u2068", "\u2069"))

    return edge.desk.page(
        "doctor", here, findings=found, counts=counts, is_done=report is not None, at=edge.clock(), in_words=in_words
    )
