"""The switch of the preference page: there where the site asks, given by the person alone, taken back by anybody."""

from sqlalchemy import select

from notifier import traces
from notifier.consent import own
from notifier.desk.audit import Actor
from notifier.domain.traces import Tracking
from notifier.models import ConsentEvent, Site, Subscriber
from notifier.sites import SiteChange, amend_site
from tests.web.conftest import Visit
from tests.web.test_sign_in import act, signed_in


def ask(visit: Visit, policy: Tracking = Tracking.READERS) -> None:
    with visit.parts.db.writing() as session:
        site = session.get_one(Site, visit.site_id)
        amend_site(session, site, SiteChange(tracking=policy), Actor("cli"), visit.now)


def may_track(visit: Visit, reader: int) -> bool:
    with visit.parts.db.reading() as session:
        return session.get_one(Subscriber, reader).may_track


def test_nobody_is_asked_where_the_site_does_not(visit: Visit) -> None:
    reader = visit.active()
    for policy in (Tracking.OFF, Tracking.COUNTS):
        ask(visit, policy)
        assert 'id="tracking"' not in visit.client.get(visit.link("p", reader)).text
        assert visit.client.post(visit.link("p", reader) + "/tracking", data={"track": "no"}).status_code == 404


def test_nobody_agrees_by_a_letter_that_may_have_been_forwarded(visit: Visit) -> None:
    reader = visit.active()
    ask(visit)
    page = visit.client.get(visit.link("p", reader)).text
    assert 'id="tracking"' in page
    assert 'value="yes"' not in page
    answer = visit.client.post(visit.link("p", reader) + "/tracking", data={"track": "yes"})
    assert answer.status_code == 403
    assert not may_track(visit, reader)


def test_the_person_themselves_agrees_and_takes_it_back(visit: Visit) -> None:
    reader = signed_in(visit)
    ask(visit)
    assert 'value="yes"' in visit.client.get("/me").text
    assert visit.client.post("/me/tracking", data={"track": "yes"}).status_code == 403, "without the session's token"
    act(visit, "/me/tracking", track="yes")
    assert may_track(visit, reader)
    act(visit, "/me/tracking", track="no")
    assert not may_track(visit, reader)
    with visit.parts.db.reading() as session:
        told = session.scalars(select(ConsentEvent.purpose).where(ConsentEvent.purpose.startswith("tracking"))).all()
        assert told == ["tracking on", "tracking off"]
        assert "opens_and_clicks" in dict(own.export(session, reader))


def test_anybody_with_the_letter_takes_it_back(visit: Visit) -> None:
    reader = visit.active()
    ask(visit)
    traces.allow(visit.parts, reader, "", visit.now, is_allowed=True)
    assert 'value="no"' in visit.client.get(visit.link("p", reader)).text
    visit.client.post(visit.link("p", reader) + "/tracking", data={"track": "no"})
    assert not may_track(visit, reader)
