"""A provider that is away, changes its keys, or is not what the settings took it for."""

from datetime import timedelta
from typing import Any

import pytest

from notifier.domain.desk_words import Role
from tests.desk.conftest import PASSWORD
from tests.desk.single_sign_on.conftest import Newsroom
from tests.desk.single_sign_on.small_provider import rsa, signed

DISCOVERY = "/.well-known/openid-configuration"


def test_nobody_asks_the_provider_before_somebody_wants_in_and_then_once(newsroom: Newsroom) -> None:
    newsroom.browser.get("/desk/login")
    assert newsroom.provider.asked.total() == 0
    newsroom.invite()
    for _ in range(3):
        newsroom.log_in()
    assert (newsroom.provider.asked[DISCOVERY], newsroom.provider.asked["/keys"]) == (1, 1)
    newsroom.desk.visit.now += timedelta(hours=1)
    newsroom.log_in()
    assert (newsroom.provider.asked[DISCOVERY], newsroom.provider.asked["/keys"]) == (2, 2)


@pytest.mark.parametrize(("language", "sentence"), [("en", "cannot be reached"), ("fa", "دسترسی نیست")])
def test_while_it_is_away_the_page_says_so_and_passwords_let_in(
    newsroom: Newsroom, language: str, sentence: str
) -> None:
    newsroom.provider.is_down = True
    newsroom.browser.headers["Accept-Language"] = language
    page = newsroom.browser.get("/desk/sso?next=/desk/log", follow_redirects=False)
    assert page.status_code == 503
    assert sentence in page.text
    assert 'name="next" value="/desk/log"' in page.text
    newsroom.desk.add(Role.OWNER)
    form = {"address": "owner@naba.example", "password": PASSWORD}
    assert newsroom.browser.post("/desk/login", data=form, follow_redirects=False).status_code == 303


def test_it_is_left_alone_for_a_moment_and_then_asked_again(newsroom: Newsroom) -> None:
    newsroom.provider.is_down = True
    for _ in range(3):
        assert newsroom.browser.get("/desk/sso").status_code == 503
    assert newsroom.provider.asked[DISCOVERY] == 1
    newsroom.provider.is_down = False
    newsroom.desk.visit.now += timedelta(seconds=10)
    newsroom.begin()


def test_it_may_go_away_between_the_question_and_the_answer(newsroom: Newsroom) -> None:
    newsroom.invite()
    brought = newsroom.provider.visit(newsroom.begin())
    newsroom.provider.is_down = True
    assert newsroom.back(brought).status_code == 503
    assert newsroom.log() == ["user.refused away"]


def test_new_keys_are_fetched_at_once_but_not_for_every_token_that_names_one(newsroom: Newsroom) -> None:
    newsroom.invite()
    newsroom.log_in()
    newsroom.provider.keys = [rsa(1)]
    newsroom.provider.sign = lambda claims: signed(claims, rsa(1))
    newsroom.browser.cookies.clear()
    newsroom.log_in()
    assert newsroom.is_in()
    assert newsroom.provider.asked["/keys"] == 2
    newsroom.provider.sign = lambda claims: signed(claims, rsa(7))
    for _ in range(3):
        assert newsroom.log_in().status_code == 403
    assert newsroom.provider.asked["/keys"] == 2


def test_a_key_that_the_provider_took_back_counts_no_longer_than_an_hour(newsroom: Newsroom) -> None:
    newsroom.invite()
    newsroom.log_in()
    newsroom.provider.keys = [rsa(1)]
    newsroom.browser.cookies.clear()
    newsroom.desk.visit.now += timedelta(hours=1)
    assert newsroom.log_in().status_code == 403


def test_a_form_may_carry_the_clients_secret_where_the_provider_wants_that(newsroom: Newsroom) -> None:
    newsroom.provider.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    newsroom.invite()
    newsroom.log_in()
    assert newsroom.is_in()


@pytest.mark.matrix(3)
@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"token_endpoint": "http://provider.example/token"},
        {"jwks_uri": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint_auth_methods_supported": ["private_key_jwt"]},
        {"code_challenge_methods_supported": ["plain"]},
    ],
    ids=str,
)
def test_a_provider_that_is_not_what_it_must_be_is_not_gone_to(newsroom: Newsroom, metadata: dict[str, Any]) -> None:
    newsroom.provider.metadata = metadata
    assert newsroom.browser.get("/desk/sso", follow_redirects=False).status_code == 503


def test_keys_that_cannot_be_used_are_left_out(newsroom: Newsroom) -> None:
    newsroom.invite()
    newsroom.provider.extra_keys = [{"kty": "AKP", "kid": "new"}, {"kty": "EC", "crv": "P-9", "kid": "odd"}, "rubbish"]
    newsroom.log_in()
    assert newsroom.is_in()
