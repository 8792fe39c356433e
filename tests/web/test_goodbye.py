"""The page behind a goodbye's link."""

from sqlalchemy import func, select, update

from notifier.consent.links import Scope
from notifier.models import Site, Subscription
from tests.web.conftest import Visit


def goodbye_link(visit: Visit) -> str:
    """A reader who ended everything on the page; gives the path of their goodbye's link."""
    with visit.parts.db.writing() as session:
        session.execute(update(Site).values(sends_goodbye=True))
    reader = visit.active()
    visit.client.post(visit.link("u", reader, visit.delivery(reader)), data={"scope": Scope.ALL.value})
    visit.work()
    return f"/undo/{visit.mail_text(-1).split('/undo/')[1].split()[0]}"


def active(visit: Visit) -> int:
    with visit.parts.db.reading() as session:
        return session.scalar(select(func.count()).where(Subscription.ended_at.is_(None))) or 0


def test_it_shows_one_button_and_only_the_button_acts(visit: Visit) -> None:
    path = goodbye_link(visit)
    looked = visit.client.get(path)
    assert (looked.status_code, looked.text.count("<button"), active(visit)) == (200, 1, 0)
    assert "سياسة" in looked.text
    done = visit.client.post(path)
    assert (done.status_code, active(visit)) == (200, 1)
    assert "عاد اشتراكك" in done.text
    assert "عاد اشتراكك" in visit.client.post(path).text
    assert active(visit) == 1


def test_a_mail_clients_one_click_brings_no_goodbye(visit: Visit) -> None:
    with visit.parts.db.writing() as session:
        session.execute(update(Site).values(sends_goodbye=True))
    reader = visit.active()
    before = len(visit.transport.sent)
    link = visit.link("u", reader, visit.delivery(reader))
    visit.client.post(link, data={"List-Unsubscribe": "One-Click"})
    visit.work()
    assert (active(visit), len(visit.transport.sent)) == (0, before)


def test_an_old_link_says_so_and_a_forged_one_is_not_found(visit: Visit) -> None:
    path = goodbye_link(visit)
    visit.now = visit.now.replace(day=visit.now.day + 8)
    assert visit.client.post(path).status_code == 410
    assert visit.client.get(f"{path[:-3]}xyz").status_code == 404
