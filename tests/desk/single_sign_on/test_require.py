"""A desk that does not accept passwords, and an owner's way in when the provider is lost."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from notifier import break_glass
from notifier.desk.audit import Actor
from notifier.desk.people import DeskError
from notifier.domain.desk_words import Role
from notifier.models import Sitting, User
from tests.desk.conftest import PASSWORD
from tests.desk.single_sign_on.conftest import Newsroom

REQUIRED = pytest.mark.parametrize("knobs", [{"oidc_require": True}], indirect=True)


@REQUIRED
def test_no_password_lets_in_and_none_is_asked_for(newsroom: Newsroom) -> None:
    owner = newsroom.desk.add(Role.OWNER)
    page = newsroom.browser.get("/desk/login").text
    assert 'type="password"' not in page
    assert 'href="/desk/sso"' in page
    form = {"address": "owner@naba.example", "password": PASSWORD}
    answer = newsroom.browser.post("/desk/login", data=form)
    assert answer.status_code == 403
    assert "does not accept passwords" in answer.text
    assert not newsroom.is_in()
    assert 'action="/desk/me/password"' not in owner.get("/me").text
    assert owner.post("/me/password", current=PASSWORD, password="a longer sentence").status_code == 403


@REQUIRED
def test_an_invitation_leads_to_the_provider_and_takes_no_password(newsroom: Newsroom) -> None:
    token = newsroom.invite()
    page = newsroom.browser.get(f"/desk/welcome/{token}").text
    assert 'type="password"' not in page
    assert 'href="/desk/sso"' in page
    newsroom.browser.post(f"/desk/welcome/{token}", data={"name": "Sara", "password": PASSWORD})
    assert newsroom.user().password_hash == ""
    newsroom.log_in()
    assert newsroom.is_in()


@REQUIRED
def test_an_owner_comes_in_by_a_link_of_the_command_line_once(newsroom: Newsroom) -> None:
    newsroom.desk.add(Role.OWNER)
    newsroom.provider.is_down = True
    visit = newsroom.desk.visit
    token = break_glass.open_way(visit.parts, "owner@naba.example", Actor("cli"), visit.now)
    for _ in range(2):
        assert newsroom.browser.get(f"/desk/enter/{token}").status_code == 200, "looking does not use it up"
    assert newsroom.browser.post(f"/desk/enter/{token}", follow_redirects=False).status_code == 303
    assert newsroom.is_in()
    assert newsroom.log() == ["user.accepted", "user.way_opened", "user.logged_in"]
    newsroom.browser.cookies.clear()
    assert newsroom.browser.post(f"/desk/enter/{token}").status_code == 410
    assert newsroom.browser.get(f"/desk/enter/{token}").status_code == 410
    assert not newsroom.is_in()


def test_the_link_ends_after_ten_minutes_and_is_refused_from_another_site(newsroom: Newsroom) -> None:
    newsroom.desk.add(Role.OWNER)
    visit = newsroom.desk.visit
    token = break_glass.open_way(visit.parts, "owner@naba.example", Actor("cli"), visit.now)
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert newsroom.browser.post(f"/desk/enter/{token}", headers=foreign).status_code == 403
    visit.now += timedelta(minutes=10)
    assert newsroom.browser.get(f"/desk/enter/{token}").status_code == 410
    assert newsroom.browser.post(f"/desk/enter/{token}").status_code == 410


def test_a_second_factor_is_asked_for_after_the_link(newsroom: Newsroom) -> None:
    newsroom.desk.add(Role.OWNER)
    visit = newsroom.desk.visit
    token = break_glass.open_way(visit.parts, "owner@naba.example", Actor("cli"), visit.now)
    with visit.parts.db.writing() as session:
        session.scalars(select(User)).one().totp_sealed = "on"
    newsroom.browser.post(f"/desk/enter/{token}")
    assert newsroom.browser.get("/desk/people", follow_redirects=False).headers["location"] == "/desk/code"


def test_no_link_is_made_for_editors_strangers_and_who_was_put_out(newsroom: Newsroom) -> None:
    newsroom.invite()
    visit = newsroom.desk.visit
    for address in ("sara@naba.example", "nobody@naba.example"):
        with pytest.raises(DeskError):
            break_glass.open_way(visit.parts, address, Actor("cli"), visit.now)


def test_a_sitting_of_somebody_is_no_link_and_a_link_no_cookie(newsroom: Newsroom) -> None:
    newsroom.desk.add(Role.OWNER)
    visit = newsroom.desk.visit
    token = break_glass.open_way(visit.parts, "owner@naba.example", Actor("cli"), visit.now)
    with visit.parts.db.reading() as session:
        sitting = session.scalars(select(Sitting.id).order_by(Sitting.id)).first()
    assert sitting
    made_up = f"{sitting}.{token.rpartition('.')[2]}"
    assert newsroom.browser.post(f"/desk/enter/{made_up}").status_code == 410
    newsroom.browser.cookies.set("__Host-desk", token)
    assert not newsroom.is_in()
