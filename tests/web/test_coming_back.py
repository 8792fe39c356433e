"""Who left and subscribes anew gets letters again, and is known as before."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from notifier import flow
from notifier.models import Subscriber
from tests.web.conftest import POLITICS, Visit, article

PAUSE = {"part": "pause", "pause": "1", "pause_date": "2026-12-08"}


def leave(visit: Visit, reader: int, how: str) -> None:
    """End everything: by the letter's link, or on the page, where they stay confirmed."""
    if how == "link":
        visit.client.post(visit.link("u", reader, 0), data={"scope": "all"})
    else:
        visit.client.post(visit.link("p", reader), data={f"frequency:{POLITICS}": "", "part": "topics"})


@pytest.mark.parametrize("how", ["link", "page"])
def test_a_pause_of_before_is_over_once_they_confirm_anew(visit: Visit, how: str) -> None:
    reader = visit.active()
    visit.client.post(visit.link("p", reader), data=PAUSE)
    visit.now += timedelta(minutes=5)
    leave(visit, reader, how)
    visit.now += timedelta(days=3)
    visit.client.post(f"/confirm/{visit.confirm(frequency='instant')}")
    before = len(visit.transport.sent)
    flow.ingest_items(visit.parts, visit.site_id, [article("n1", title="عاجل", published_at=visit.now)], visit.now)
    visit.work()
    assert len(visit.transport.sent) == before + 1


def test_name_digits_and_calendar_stay_where_the_form_leaves_them_out(visit: Visit) -> None:
    reader = visit.active()
    own = {"name": "ليلى", "language": "ar-u-ca-islamic-nu-latn"}
    with visit.parts.db.writing() as session:
        session.execute(update(Subscriber).values(own))
    leave(visit, reader, "link")
    visit.client.post(f"/confirm/{visit.confirm()}")
    with visit.parts.db.reading() as session:
        row = session.get_one(Subscriber, reader)
        assert {"name": row.name, "language": row.language} == own


def test_what_a_stranger_typed_of_an_address_that_never_agreed_does_not_stay(visit: Visit) -> None:
    visit.sign_up()
    with visit.parts.db.writing() as session:
        session.execute(update(Subscriber).values(name="BUY NOW", language="ar-u-nu-latn"))
    visit.client.post(f"/confirm/{visit.confirm()}")
    with visit.parts.db.reading() as session:
        assert session.execute(select(Subscriber.name, Subscriber.language)).one() == ("", "ar")
