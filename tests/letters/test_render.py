"""Letters say what they hold, name nobody until they are made personal, and fail in one way."""

import email
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from notifier.domain.address import AddressInvalid
from notifier.domain.letter import Correction, LetterContent, PersonalMark
from notifier.domain.text.bidi import LRM, RLM
from notifier.domain.words import Frequency, ItemKind, LetterKind
from notifier.settings import templates_dir
from notifier.stages.render import Renderer, RenderFailed, mail_html, mail_text, personalise, public_page
from tests.letters import fixtures
from tests.letters.parts import parts

PERSONAL = fixtures.personal()


def words(html: str) -> str:
    body = LexborHTMLParser(html).body
    assert body is not None
    return " ".join(body.text(separator="").split())


def shown(renderer: Renderer, content: LetterContent) -> str:
    return words(mail_html(renderer.render(content), PERSONAL))


def test_it_offers_the_languages_that_have_strings(renderer: Renderer) -> None:
    assert set(fixtures.LANGUAGES) == renderer.languages


def test_a_digest_leads_groups_and_folds_comments_in(renderer: Renderer) -> None:
    page = LexborHTMLParser(mail_html(renderer.render(fixtures.DIGEST), PERSONAL))
    headings = [node.text() for node in page.css("h2")]
    assert headings == [fixtures.DAM.title, "اقتصاد", "ثقافة", "رياضة", "أخبار أخرى", "الأكثر نقاشًا", "نقاشات القراء"]
    text = " ".join((page.body.text() if page.body else "").split())
    for said in (
        "الاثنين ٢٣ تشرين الثاني ٢٠٢٦",
        "١٢ تعليقًا",
        "٣٬٤٨٢ قراءة",
        "التقييم ٤٫٦ من ٥ (٣٨ صوتًا)",
        "على الموقع ١٤ مادة أخرى",
        "يصلك العدد التالي يوم الثلاثاء ٢٤ تشرين الثاني، إن كان فيه جديد.",
        "كرار",
    ):
        assert said in text, said


def test_a_digest_of_comments_alone_has_a_subject_and_no_lead(renderer: Renderer) -> None:
    rendered = renderer.render(replace(fixtures.DIGEST, items=fixtures.COMMENTS, frequency=Frequency.WEEKLY))
    assert rendered.subject == "النشرة الأسبوعية: جديد النقاشات"
    assert "الخبر الأبرز" not in rendered.html


def test_an_alert_names_sources_and_counts(renderer: Renderer) -> None:
    text = shown(renderer, fixtures.ALERT)
    assert "المصدر: مراسل الضفاف، Reuters" in text
    assert "الخبر كاملًا ←" in text
    english = shown(renderer, replace(fixtures.ALERT, language="en"))
    assert "Read the full story →" in english


def test_strange_facts_are_left_out(renderer: Renderer) -> None:
    facts = {"views": "many", "comments": -3, "rating": 99, "votes": True, "sources": {"a": 1}, "reading_minutes": None}
    text = shown(renderer, replace(fixtures.ALERT, items=(replace(fixtures.DAM, facts=facts),)))
    assert not any(word in text for word in ("قراءة", "تعليق", "التقييم", "المصدر"))


def test_a_reply_quotes_the_parent_then_the_oldest_comment_first(renderer: Renderer) -> None:
    page = LexborHTMLParser(mail_html(renderer.render(fixtures.REPLY), PERSONAL))
    text = (page.body.text() if page.body else "").split("٣ تعليقات جديدة")[1]
    places = [text.index(said) for said in ("هل شملت", "شكرًا على سؤالك", "I grew up")]
    assert places == sorted(places)
    assert [node.attributes["dir"] for node in page.css("table table table table[dir=ltr]")] == ["ltr"]
    assert "I grew up" in page.css("table[dir=ltr]")[0].text()


def test_a_thread_keeps_one_subject(renderer: Renderer) -> None:
    one = renderer.render(replace(fixtures.REPLY, items=fixtures.COMMENTS[:1]))
    assert one.subject == renderer.render(fixtures.REPLY).subject == f"جديد النقاش: «{fixtures.DAM.title}»"


def test_a_confirmation_holds_nothing_a_stranger_typed(renderer: Renderer) -> None:
    rendered = renderer.render(fixtures.CONFIRM)
    message = personalise(rendered, fixtures.CONFIRM, PERSONAL)
    parsed = email.message_from_bytes(message.data)
    assert parsed["To"] == "layla@example.org"
    text, html = parts(message.data)
    for part in (text, html):
        assert PERSONAL.name not in part
        assert PERSONAL.address not in part
        assert PERSONAL.unsubscribe_url not in part
        assert PERSONAL.confirm_url in part
    assert "List-Unsubscribe" not in parsed
    assert "الرابط صالح حتى الخميس ٢٦ تشرين الثاني، ٨:٠٠ صباحًا." in words(html)
    soon = renderer.render(replace(fixtures.CONFIRM, expires_at=None))
    assert "لمدة محدودة" in soon.html


@pytest.mark.parametrize("kind", [kind for kind in LetterKind if kind.is_list_mail])
def test_the_text_part_holds_the_same_items_and_way_out(renderer: Renderer, kind: LetterKind) -> None:
    content = fixtures.SAMPLES[kind]
    rendered = renderer.render(content)
    html, text = words(mail_html(rendered, PERSONAL)), " ".join(mail_text(rendered, PERSONAL).split())
    for item in content.items:
        said = item.title if item.kind is ItemKind.ARTICLE else item.summary.split("\n")[0]
        assert said in html, said
        assert said in text, said
    assert text.split().count(PERSONAL.unsubscribe_url) == 2
    assert "<" not in text


@pytest.mark.parametrize("kind", fixtures.KINDS)
@pytest.mark.parametrize("language", fixtures.RIGHT_TO_LEFT)
def test_text_lines_neither_flip_nor_hide_their_links(renderer: Renderer, kind: LetterKind, language: str) -> None:
    text = mail_text(renderer.render(replace(fixtures.SAMPLES[kind], language=language)), PERSONAL)
    for line in text.split("\r\n"):
        if "https://" in line and "tadreeb" not in line:
            assert line.startswith("https://")
            assert " " not in line
        else:
            assert not line[:1].isascii() or not line[:1].isalpha()
    assert not any(control in text for control in "\u2066\u2067\u2068\u2069\u202a\u202b\u202c\u202d\u202e\u061c")
    if kind is LetterKind.DIGEST:
        assert f"{RLM}FIFA Arab Cup draw: Iraq in group B" in text


@pytest.mark.parametrize("language", fixtures.LANGUAGES)
def test_a_quote_in_the_text_part_runs_its_own_way(renderer: Renderer, language: str) -> None:
    english, arabic = "Is Laravel 12 out (finally)?", "Laravel 12 يصل رسميًا"
    ltr, rtl = ("", RLM) if language == "en" else (LRM, RLM)
    for words, mark, spoken in ((english, ltr, "en"), (arabic, rtl, "ar")):
        parent = replace(fixtures.QUESTION, summary=words, author_name="Hannah")
        reply = replace(fixtures.REPLY, items=(replace(fixtures.COMMENTS[0], parent=parent),))
        said = Correction("x", fixtures.AT, "<p>x", words, spoken)
        wrong = replace(fixtures.SAMPLES[LetterKind.CORRECTION], correction=said)
        for content in (reply, wrong):
            text = mail_text(renderer.render(replace(content, language=language)), PERSONAL)
            assert f"\n{mark}> {words}\r\n" in text
            assert content is wrong or f"\n{mark}> Hannah\r\n" in text


def test_personal_links_are_escaped_in_html_and_bare_in_text(renderer: Renderer) -> None:
    personal = replace(PERSONAL, unsubscribe_url="https://x.example/u?a=1&b=2")
    rendered = renderer.render(fixtures.ALERT)
    assert 'href="https://x.example/u?a=1&amp;b=2"' in mail_html(rendered, personal)
    assert "https://x.example/u?a=1&b=2\r\n" in mail_text(rendered, personal)


def test_one_rendering_serves_many_readers(renderer: Renderer) -> None:
    rendered = renderer.render(fixtures.DIGEST)
    first = personalise(rendered, fixtures.DIGEST, PERSONAL)
    again = personalise(rendered, fixtures.DIGEST, PERSONAL)
    other = fixtures.personal(8, address="Ali@Example.org", unsubscribe_url="https://x.example/u/8")
    second = personalise(rendered, fixtures.DIGEST, other)
    assert first.data == again.data
    assert second.rcpt_to == "Ali@example.org"
    assert (second.delivery_id, second.mail_from) == (8, other.mail_from)
    html = parts(second.data)[1]
    assert "https://x.example/u/8" in html
    assert PERSONAL.unsubscribe_url not in html


def test_both_parts_carry_exactly_what_the_preview_shows(renderer: Renderer) -> None:
    rendered = renderer.render(fixtures.DIGEST)
    for length in range(7):
        personal = replace(PERSONAL, view_url="https://x.example/v/" + "a" * length)
        data = personalise(rendered, fixtures.DIGEST, personal).data
        assert parts(data) == (mail_text(rendered, personal), mail_html(rendered, personal))


def test_the_public_page_names_nobody(renderer: Renderer) -> None:
    page = public_page(renderer.render(fixtures.DIGEST))
    assert fixtures.DAM.title in page
    assert "إلغاء الاشتراك" not in page
    assert not any(mark in page for mark in PersonalMark)


def test_an_address_outside_ascii_asks_for_smtputf8(renderer: Renderer) -> None:
    rendered = renderer.render(fixtures.ALERT)
    assert personalise(rendered, fixtures.ALERT, fixtures.personal(address="ليلى@example.org")).needs_smtputf8
    assert not personalise(rendered, fixtures.ALERT, PERSONAL).needs_smtputf8
    with pytest.raises(AddressInvalid):
        personalise(rendered, fixtures.ALERT, fixtures.personal(address="nobody"))


def test_a_letter_without_its_link_is_not_sent(renderer: Renderer) -> None:
    with pytest.raises(RenderFailed, match="UNSUBSCRIBE"):
        personalise(renderer.render(fixtures.ALERT), fixtures.ALERT, replace(PERSONAL, unsubscribe_url=""))


def test_a_heavy_digest_carries_fewer_items_and_says_so(renderer: Renderer) -> None:
    long = "خبر طويل جدًا عن أمور كثيرة " * 30
    items = tuple(
        fixtures.article(n, f"باب {n}", long, long, facts=fixtures.DAM.facts, author_name=long) for n in range(1, 101)
    )
    rendered = renderer.render(replace(fixtures.DIGEST, items=items, more=3))
    html = mail_html(rendered, PERSONAL)
    assert 80_000 < len(html.encode()) < 100_000
    kept = sum(f"/news/{item.id}&" in html or f'/news/{item.id}"' in html for item in items)
    assert 10 < kept < 100
    assert f"على الموقع {_arabic(100 - kept + 3)}" in words(html)
    assert html.rstrip().endswith("</html>")


def _arabic(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))


def test_a_language_without_strings_falls_back_to_the_site(renderer: Renderer) -> None:
    assert 'lang="ar"' in renderer.render(replace(fixtures.ALERT, language="xx")).html
    with pytest.raises(RenderFailed):
        renderer.render(replace(fixtures.ALERT, language="xx", site=replace(fixtures.SITE, language="xx")))


@pytest.mark.parametrize("kind", [LetterKind.ALERT, LetterKind.DIGEST, LetterKind.REPLY])
def test_a_letter_about_nothing_fails(renderer: Renderer, kind: LetterKind) -> None:
    with pytest.raises(RenderFailed):
        renderer.render(replace(fixtures.SAMPLES[kind], items=()))


@pytest.mark.parametrize(
    "broken", ["{{ nothing }}", "{{ story.nothing }}", "{{ say('letters.nothing') }}", "{{ 1 / 0 }}"]
)
def test_a_template_error_names_the_template(tmp_path: Path, broken: str) -> None:
    shutil.copytree(templates_dir(), tmp_path / "templates")
    (tmp_path / "templates/email/alert/body.txt").write_text(broken, "utf-8")
    with pytest.raises(RenderFailed, match=r"^alert/body\.txt: ") as caught:
        Renderer(tmp_path / "templates").render(fixtures.ALERT)
    assert caught.value.template == "alert/body.txt"


def test_readers_words_are_data(renderer: Renderer) -> None:
    title = "{{ 7*7 }} {% raw %} <script>alert(1)</script> {site}"
    content = replace(fixtures.ALERT, items=(replace(fixtures.DAM, title=title, url="javascript:alert(1)"),))
    html = mail_html(renderer.render(content), PERSONAL)
    assert "<script>" not in html
    assert "javascript:" not in html
    assert title in words(html)


def test_the_site_s_time_zone_dates_the_letter(renderer: Renderer) -> None:
    late = replace(fixtures.DIGEST, at=fixtures.AT + timedelta(hours=17))
    assert "الثلاثاء ٢٤ تشرين الثاني ٢٠٢٦" in renderer.render(late).html
