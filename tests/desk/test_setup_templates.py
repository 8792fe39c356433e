"""Editors' own templates by the desk: judged, looked at, put in force, taken back."""

import re
from dataclasses import replace
from email import message_from_bytes, policy

import pytest
from sqlalchemy import select

from notifier import flow, own_templates
from notifier.domain.desk_words import Role
from notifier.domain.letter import OwnTemplate
from notifier.domain.words import LetterKind
from notifier.models import AuditEvent, TemplateVersion
from notifier.stages.render import sandbox
from notifier.stages.render.compile.sample import sample
from tests.desk.conftest import Desk, Somebody
from tests.letters.test_own_templates import BOMBS, FOOT, GOOD, NO_DOORS, UNREADABLE
from tests.web.conftest import article

PATH = "/at/naba/setup/templates/alert"
MINE = GOOD.replace("HERE", "")
OTHER = GOOD.replace("HERE", '<p class="ink">{{ story.title }}</p>')


@pytest.fixture
def owner(desk: Desk) -> Somebody:
    return desk.add(Role.OWNER)


def save(somebody: Somebody, text: str, note: str = "") -> int:
    """By the page; gives the version."""
    answer = somebody.post(PATH, text=text, note=note)
    assert answer.status_code == 303
    found = re.search(r"version=(\d+)", answer.headers["location"])
    assert found
    return int(found[1])


def mailed(desk: Desk, guid: str) -> str:
    """The text of the HTML of an alert about a new story, as a worker makes it."""
    visit = desk.visit
    flow.ingest_items(visit.parts, visit.site_id, [article(guid, title=guid, summary="ملخص الخبر")], visit.now)
    visit.work()
    return visit.parts.renderer.render(visit.parts.press._kept[next(reversed(visit.parts.press._kept))][0]).html  # noqa: SLF001 - what it made last


@pytest.mark.long
def test_a_version_in_force_makes_the_next_letter_of_a_worker_that_was_running_all_along(
    desk: Desk, owner: Somebody
) -> None:
    desk.visit.active(frequency="instant")
    version = save(owner, MINE.replace("\n", "\r\n"))
    assert 'class="note"' not in mailed(desk, "n2"), "kept is not in force"
    assert owner.post(f"{PATH}/{version}/activate").status_code == 303
    assert 'class="note"' in mailed(desk, "n3")
    assert owner.post(f"{PATH}/ours").status_code == 303
    assert 'class="note"' not in mailed(desk, "n4")
    with desk.visit.parts.db.reading() as session:
        actions = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert actions[-3:] == ["template.saved", "template.activated", "template.taken_back"]


def test_rolling_back_is_putting_an_earlier_version_in_force(desk: Desk, owner: Somebody) -> None:
    first, second = save(owner, MINE), save(owner, OTHER)
    for version in (first, second, first):
        owner.post(f"{PATH}/{version}/activate")
        with desk.visit.parts.db.reading() as session:
            active = session.scalars(select(TemplateVersion.id).where(TemplateVersion.is_active)).all()
        assert active == [version]


BROKEN = MINE.replace("{% endblock %}", '<img src="x">\n{% endblock %}')


def test_a_broken_one_is_kept_told_by_line_and_never_put_in_force(desk: Desk, owner: Somebody) -> None:
    version = save(owner, BROKEN)
    page = owner.get(f"{PATH}?version={version}").text
    assert "تحتاج الصورة إلى نص بديل" in page
    assert "/activate" not in page
    assert "<iframe" not in page
    refused = owner.post(f"{PATH}/{version}/activate")
    assert refused.status_code == 422
    assert "في هذه النسخة أخطاء" in refused.text
    with desk.visit.parts.db.reading() as session:
        assert own_templates.in_force(session, desk.visit.site_id) == {}


@pytest.mark.parametrize("bad", [NO_DOORS[0], BOMBS["a text that doubles"]])
def test_nothing_gets_out_of_the_sandbox_by_the_page_either(owner: Somebody, bad: str) -> None:
    version = save(owner, GOOD.replace("HERE", bad))
    assert owner.get(f"{PATH}?version={version}").status_code == 200
    assert owner.get(f"{PATH}/preview?version={version}").status_code == 422
    assert owner.post(f"{PATH}/{version}/activate").status_code == 422


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_cannot_be_compiled_has_a_page_and_no_preview(owner: Somebody, what: str) -> None:
    version = save(owner, GOOD.replace("HERE", UNREADABLE[what]))
    page = owner.get(f"{PATH}?version={version}")
    assert (page.status_code, "/activate" in page.text) == (200, False)
    assert owner.get(f"{PATH}/preview?version={version}").status_code == 422
    assert owner.post(f"{PATH}/{version}/activate").status_code == 422


def test_a_letter_that_an_own_template_cannot_make_is_made_of_ours(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    renderer = desk.visit.parts.renderer
    content = replace(sample(LetterKind.ALERT, "ar"), own=(OwnTemplate(1, "alert/body.html", MINE),))
    assert 'class="note"' in renderer.render(content).html
    monkeypatch.setattr(sandbox, "CREDITS", 1000)
    assert renderer.render(content) == renderer.render(replace(content, own=()))


def test_the_preview_speaks_each_language_runs_nothing_and_shows_real_news(desk: Desk, owner: Somebody) -> None:
    version = save(owner, MINE)
    for language, way in (("ar", "rtl"), ("en", "ltr"), ("ur", "rtl")):
        letter = owner.get(f"{PATH}/preview?version={version}&lang={language}")
        assert f'lang="{language}' in letter.text
        assert f'dir="{way}"' in letter.text
        assert "script" not in letter.headers["content-security-policy"].replace("allow", "")
        assert "frame-ancestors 'self'" in letter.headers["content-security-policy"]
    assert owner.get(f"{PATH}/preview?version={version}&real=1").status_code == 404, "no alert was sent yet"
    desk.visit.active(frequency="instant")
    mailed(desk, "فيضان <script>alert(1)</script> في البصرة")
    real = owner.get(f"{PATH}/preview?version={version}&real=1")
    assert "البصرة" in real.text
    assert "<script" not in real.text
    assert "layla@example.org" not in real.text


def test_editors_write_and_owners_decide(desk: Desk, owner: Somebody) -> None:
    editor = desk.add(Role.EDITOR)
    version = save(editor, MINE, note="<b>ترويسة</b>")
    page = editor.get(f"{PATH}?version={version}").text
    assert "&lt;b&gt;ترويسة&lt;/b&gt;" in page
    assert "/activate" not in page
    assert editor.post(f"{PATH}/{version}/activate").status_code == 403
    assert editor.post(f"{PATH}/ours").status_code == 403
    assert f"/{version}/activate" in owner.get(f"{PATH}?version={version}").text


def test_versions_are_compared_line_by_line(owner: Somebody) -> None:
    first, second = save(owner, MINE), save(owner, OTHER)
    page = owner.get(f"{PATH}?version={second}&against={first}").text
    assert '<span class="added">+&lt;p class=&#34;ink&#34;&gt;{{ story.title }}&lt;/p&gt;' in page


def test_a_closing_tag_in_a_text_does_not_close_the_form(owner: Somebody) -> None:
    version = save(owner, MINE + "</textarea><script>alert(1)</script>")
    assert "<script>alert" not in owner.get(f"{PATH}?version={version}").text


def test_a_text_longer_than_any_template_is_not_kept(desk: Desk, owner: Somebody) -> None:
    assert owner.post(PATH, text="x" * 130_000).status_code == 422
    assert desk.visit.rows()["template_versions"] == []


@pytest.mark.parametrize("path", ["/at/naba/setup/templates/none", f"{PATH}?version=99", f"{PATH}/preview?version=99"])
def test_what_is_not_there_is_not_found(owner: Somebody, path: str) -> None:
    assert owner.get(path).status_code == 404


def put(owner: Somebody, part: str, text: str) -> None:
    """Keep a text and put it in force, by the page."""
    path = f"/at/naba/setup/templates/{part}"
    kept = owner.post(path, text=text)
    version = kept.headers["location"].split("version=")[1].split("&")[0]
    assert owner.post(f"{path}/{version}/activate").status_code == 303


def test_a_foot_and_a_subject_of_one_s_own_are_in_the_next_letter(desk: Desk, owner: Somebody) -> None:
    desk.visit.active(frequency="instant")
    put(owner, "footer", FOOT.replace("HERE", "{{ 'تصدر في بغداد' }}"))
    put(owner, "alert-subject", "{{ site.name }}: {{ story.title }}")
    assert "تصدر في بغداد" in mailed(desk, "n2")
    subject = str(message_from_bytes(desk.visit.transport.sent[-1].data, policy=policy.default)["Subject"])
    assert subject.strip("\u200f") == "صحيفة النبأ: n2"


@pytest.mark.long
def test_the_foot_is_shown_in_each_kind_of_letter_and_a_subject_as_a_line(owner: Somebody) -> None:
    page = owner.get("/at/naba/setup/templates/footer").text
    assert "in=magic-link" in page
    assert "in=digest" in page
    assert owner.get("/at/naba/setup/templates/footer/preview?in=magic-link&lang=en").status_code == 200
    page = owner.get("/at/naba/setup/templates/digest-subject").text
    assert "الموضوع:" in page
