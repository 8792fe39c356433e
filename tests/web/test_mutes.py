"""The pages that mute: looking changes nothing, one button acts, one more undoes it."""

import re
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select

from notifier import flow, upkeep
from notifier.domain.items import NewItem
from notifier.domain.words import Frequency, ItemKind, NoticeReason
from notifier.models import Mute, Subscriber
from tests.web.conftest import Visit, article

TITLE = "<b>خبر</b> النقاش"


def lettered(visit: Visit) -> tuple[int, str]:
    """A reader who got a letter about a discussion: the reader, and where its mute links begin."""
    flow.ingest_items(visit.parts, visit.site_id, [article("e1", title=TITLE)], visit.now)
    reader = visit.active(topic="thread:e1", frequency=Frequency.INSTANT)
    comment = NewItem(ItemKind.COMMENT, "c1", html="<p>رأي</p>", article_guid="e1", published_at=visit.now)
    flow.ingest_items(visit.parts, visit.site_id, [comment], visit.now)
    visit.work()
    visit.now += timedelta(hours=1)
    flow.bundle_notices(visit.parts, visit.now)
    visit.work()
    found = re.search(r"https://naba\.example(/u/\S+/mute)/thread", visit.mail_text(-1))
    assert found, "the letter has the link"
    return reader, found[1]


def muted(visit: Visit) -> Sequence[str]:
    with visit.parts.db.reading() as session:
        return session.scalars(select(Mute.what).order_by(Mute.id)).all()


def test_looking_changes_nothing_and_shows_one_button_first(visit: Visit) -> None:
    _, link = lettered(visit)
    before = visit.rows()
    for how in ("thread", "kind", "all"):
        for method in ("GET", "HEAD", "OPTIONS"):
            visit.client.request(method, f"{link}/{how}")
        page = visit.client.get(f"{link}/{how}")
        assert page.status_code == 200
        buttons = re.findall(r'<button[^>]* value="(\w+)"', page.text)
        assert buttons[0] == how
        assert sorted(buttons) == ["all", "kind", "thread"]
    assert visit.rows() == before


@pytest.mark.parametrize(
    ("how", "what", "named"),
    [
        ("thread", r"thread:\d+", "&lt;b&gt;خبر&lt;/b&gt; النقاش"),
        ("kind", "kind:thread", "التعليقات الجديدة في النقاشات التي تتابعها"),
        ("all", "all", "كل رسائل التعليقات"),
    ],
)
def test_the_button_mutes_twice_as_well_as_once_and_undo_undoes_it(
    visit: Visit, how: str, what: str, named: str
) -> None:
    _, link = lettered(visit)
    for _ in range(2):
        done = visit.client.post(f"{link}/{how}", data={"how": how})
        assert done.status_code == 200
        assert named in done.text
    (kept,) = muted(visit)
    assert re.fullmatch(what, kept)
    assert f'name="undo" value="{kept}"' in done.text
    undone = visit.client.post(f"{link}/{how}", data={"undo": kept})
    assert named in undone.text
    assert muted(visit) == []
    again = visit.client.post(f"{link}/{how}", data={"undo": kept})
    assert (again.status_code, "لم يكن هذا مكتومًا" in again.text) == (200, True)


def test_a_post_without_a_word_does_what_the_link_says(visit: Visit) -> None:
    _, link = lettered(visit)
    assert visit.client.post(f"{link}/all").status_code == 200
    assert muted(visit) == ["all"]


def test_another_button_of_the_page_does_what_it_says(visit: Visit) -> None:
    _, link = lettered(visit)
    visit.client.post(f"{link}/thread", data={"how": "all"})
    assert muted(visit) == ["all"]


@pytest.mark.matrix(2)
@pytest.mark.parametrize("how", ["", "some", "THREAD", "thread/"])
def test_a_mute_that_there_is_not_is_404(visit: Visit, how: str) -> None:
    _, link = lettered(visit)
    assert visit.client.get(f"{link}/{how}").status_code == 404
    assert visit.client.post(f"{link}/{how}", data={"how": "all"}).status_code == 404
    assert visit.client.post(f"{link}/all", data={"how": how or "none"}).status_code == 404
    assert muted(visit) == []


def test_a_forged_link_mutes_nothing(visit: Visit) -> None:
    reader, link = lettered(visit)
    wrong = visit.parts.signer.sign("p", reader, visit.delivery(reader))
    for bad in (link.replace("/mute", "x/mute"), f"/u/{wrong}/mute", "/u/x/mute"):
        assert visit.client.get(f"{bad}/all").status_code == 404
        assert visit.client.post(f"{bad}/all", data={"how": "all"}).status_code == 404
    assert visit.client.post("/p/x/unmute", data={"what": "all"}).status_code == 404
    assert muted(visit) == []


def test_where_the_letter_is_gone_all_can_still_be_muted(visit: Visit) -> None:
    reader, _ = lettered(visit)
    link = f"/u/{visit.parts.signer.sign('u', reader, 999_999)}/mute"
    assert re.findall(r'<button[^>]* value="(\w+)"', visit.client.get(f"{link}/thread").text) == ["all"]
    assert visit.client.post(f"{link}/thread", data={"how": "thread"}).status_code == 404
    assert visit.client.post(f"{link}/thread", data={"how": "all"}).status_code == 200
    assert muted(visit) == ["all"]


def test_the_preference_page_lists_what_is_muted_and_unmutes_one(visit: Visit) -> None:
    reader, link = lettered(visit)
    page = visit.link("p", reader)
    assert "ما كتمته" not in visit.client.get(page).text
    for how in ("thread", "kind"):
        visit.client.post(f"{link}/{how}", data={"how": how})
    shown = visit.client.get(page).text
    assert "&lt;b&gt;خبر&lt;/b&gt; النقاش" in shown
    token = page.rsplit("/", 1)[1]
    assert shown.count(f'action="/p/{token}/unmute"') == 2
    answer = visit.client.post(f"{page}/unmute", data={"what": "kind:thread"})
    assert (answer.status_code, str(answer.url).endswith(f"{page}?done=saved&part=mutes#mutes")) == (200, True)
    assert [what.partition(":")[0] for what in muted(visit)] == ["thread"]
    assert "التعليقات الجديدة في النقاشات" not in answer.text


@pytest.mark.matrix(2)
@pytest.mark.parametrize("what", ["", "thread:999", "kind:nonsense", "x" * 500])
def test_what_was_never_muted_is_passed_over(visit: Visit, what: str) -> None:
    reader, link = lettered(visit)
    visit.client.post(f"{link}/all", data={"how": "all"})
    assert visit.client.post(f"{visit.link('p', reader)}/unmute", data={"what": what}).status_code == 200
    assert visit.client.post(f"{link}/all", data={"undo": what}).status_code == 200
    assert muted(visit) == ["all"]


@pytest.mark.matrix(3)
@pytest.mark.parametrize("language", ["ar", "ckb", "en", "fa", "he", "ur"])
def test_each_page_speaks_every_language(visit: Visit, language: str) -> None:
    _, link = lettered(visit)
    for how in ("thread", "kind", "all"):
        assert visit.client.get(f"{link}/{how}?lang={language}").status_code == 200
        done = visit.client.post(f"{link}/{how}?lang={language}", data={"how": how})
        assert f'lang="{language}"' in done.text
        assert visit.client.post(f"{link}/{how}?lang={language}", data={"undo": muted(visit)}).status_code == 200
    assert muted(visit) == []


def test_every_reason_has_its_name(visit: Visit) -> None:
    reader, link = lettered(visit)
    with visit.parts.db.writing() as session:
        session.add_all(Mute(subscriber_id=reader, what=f"kind:{one}", created_at=visit.now) for one in NoticeReason)
    shown = visit.client.get(f"{visit.link('p', reader)}?lang=en").text
    assert shown.count('name="what"') == len(NoticeReason)
    assert len(set(re.findall(r'<label for="mute\d"[^>]*>\s*([^<]+?)\s*</label>', shown))) == len(NoticeReason)
    visit.client.post(f"{link}/all", data={"undo": [f"kind:{one}" for one in NoticeReason]})
    assert muted(visit) == []


@pytest.mark.parametrize("days", [7, 30])
def test_a_mute_for_a_while_ends_by_itself(visit: Visit, days: int) -> None:
    reader, link = lettered(visit)
    done = visit.client.post(f"{link}/thread", data={"how": "thread", "days": str(days)})
    day = {7: "٨ تموز", 30: "٣١ تموز"}[days]
    assert day in done.text
    assert day in visit.client.get(visit.link("p", reader)).text
    visit.now += timedelta(days=days, minutes=-1)
    upkeep.sweep(visit.parts, visit.now)
    assert len(muted(visit)) == 1
    visit.now += timedelta(minutes=1)
    upkeep.sweep(visit.parts, visit.now)
    assert muted(visit) == []
    with visit.parts.db.reading() as session:
        assert session.get_one(Subscriber, reader).changed_at == visit.now, "letters planned before are looked at again"


def test_the_later_of_two_wishes_counts_and_a_length_that_there_is_not_is_for_good(visit: Visit) -> None:
    _, link = lettered(visit)
    for days in ("7", "x"):
        visit.client.post(f"{link}/all", data={"how": "all", "days": days})
    visit.now += timedelta(days=99)
    upkeep.sweep(visit.parts, visit.now)
    assert muted(visit) == ["all"]
    visit.client.post(f"{link}/all", data={"how": "all", "days": "7"})
    visit.now += timedelta(days=7)
    upkeep.sweep(visit.parts, visit.now)
    assert muted(visit) == []
