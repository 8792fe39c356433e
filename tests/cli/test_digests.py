"""Digests on the command line: what comes up, and what is decided about it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from notifier import assembly
from notifier.models import Arrangement, AuditEvent
from tests.cli.test_commands import Command, add_site, run

__all__ = ["run"]
SOON = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=2)
"""Not the next hour: that may strike while the tests run."""
AT = f"{SOON:%Y-%m-%dT%H:%MZ}"


@pytest.mark.long
def test_a_digest_is_held_ordered_and_released(run: Command) -> None:
    add_site(run)
    item = '{"kind": "article", "guid": "a1", "title": "خبر", "html": "<p>نص</p>"}'
    assert "created" in run("item", "add", "-", input=item).output
    for words in (["hold"], ["release"], ["pin", "a1"]):
        assert run("digest", words[0], "daily", AT, *words[1:]).exit_code == 0
    missing = run("digest", "pin", "daily", AT, "nothing-like-it")
    assert (missing.exit_code, "no article nothing-like-it" in missing.output) == (2, True)
    with assembly.parts().db.reading() as session:
        kept = session.scalars(select(Arrangement)).one()
        assert (kept.slot, kept.is_held, len(kept.pinned)) == (SOON, False, 1)
        acts = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert acts[-3:] == ["digest.held", "digest.released", "digest.arranged"]
    assert run("calendar").exit_code == 0
    assert "article" in run("digest", "show", "daily", AT).output
    assert "counted anew" in run("recount").output


@pytest.mark.parametrize("at", ["tomorrow", "2026-13-01T00:00Z"])
def test_what_is_no_moment_is_refused_with_a_sentence(run: Command, at: str) -> None:
    add_site(run)
    refused = run("digest", "hold", "daily", at)
    assert (refused.exit_code, "is no moment" in refused.output) == (2, True)
    late = run("digest", "release", "daily", "2026-01-01T05:00Z")
    assert (late.exit_code, "too late" in late.output) == (1, True)
