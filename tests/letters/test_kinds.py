"""The letters that are more than news: what each says, to whom, and by which links."""

import email
from dataclasses import replace
from datetime import timedelta

import pytest
from selectolax.lexbor import LexborHTMLParser

from notifier.domain.claimed import Claimed
from notifier.domain.letter import Correction, Editorial, LetterContent, PersonalMark
from notifier.domain.links import Links
from notifier.domain.tokens import Signer
from notifier.domain.words import Frequency, Lane, LetterKind
from notifier.stages.render import Renderer, RenderFailed, Stencil, mail_html, mail_text, public_page
from tests.letters import fixtures

PERSONAL = fixtures.personal()
LISTED = {kind for kind in LetterKind if kind.is_list_mail}
LINKS = Links("https://letters.example", "", Signer(["k" * 40]), fixtures.SITE.sender_address)
WELCOME, GOODBYE, MAGIC_LINK, ISSUE, CORRECTION, ADDRESS_CHANGE = (
    fixtures.SAMPLES[LetterKind(kind)]
    for kind in ("welcome", "goodbye", "magic-link", "issue", "correction", "address-change")
)
UNLISTED = {LetterKind.CONFIRM, LetterKind.MAGIC_LINK, LetterKind.GOODBYE, LetterKind.ADDRESS_CHANGE}


def html_of(renderer: Renderer, content: LetterContent) -> LexborHTMLParser:
    return LexborHTMLParser(mail_html(renderer.render(content), PERSONAL))


def words(renderer: Renderer, content: LetterContent) -> str:
    body = html_of(renderer, content).body
    return " ".join((body.text() if body else "").split())


def test_only_readers_on_a_list_may_leave_it() -> None:
    assert set(LetterKind) - LISTED == UNLISTED


def test_what_somebody_waits_for_goes_first() -> None:
    urgent = {kind for kind in LetterKind if kind.lane is Lane.URGENT}
    assert urgent == UNLISTED | {LetterKind.WELCOME}
    assert (LetterKind.ISSUE.lane, LetterKind.CORRECTION.lane) == (Lane.BULK, Lane.ALERTS)


@pytest.mark.parametrize("kind", LetterKind)
def test_headers_and_both_parts_agree_on_the_way_out(renderer: Renderer, kind: LetterKind) -> None:
    content = fixtures.SAMPLES[kind]
    rendered = renderer.render(content)
    message = email.message_from_bytes(Stencil(rendered, content).message(PERSONAL).data)
    for header in ("List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Precedence"):
        assert (header in message) is (kind in LISTED)
    for part in (mail_html(rendered, PERSONAL), mail_text(rendered, PERSONAL)):
        assert (PERSONAL.unsubscribe_url in part) is (kind in LISTED)


@pytest.mark.parametrize("kind", LetterKind)
def test_each_letter_gets_the_links_it_wants(renderer: Renderer, kind: LetterKind) -> None:
    content = fixtures.SAMPLES[kind]
    stencil = Stencil(renderer.render(content), content)
    one = Claimed(7, 1, (), kind, 0, 3, address="layla@example.org")
    assert stencil.message(LINKS.personal(one, fixtures.AT, "token")).data
    if kind not in LISTED:
        with pytest.raises(RenderFailed, match="no link for"):
            stencil.message(LINKS.personal(one, fixtures.AT))


@pytest.mark.parametrize(
    ("content", "path"),
    [(fixtures.CONFIRM, "confirm"), (MAGIC_LINK, "sign-in"), (GOODBYE, "undo"), (ADDRESS_CHANGE, "not-me")],
)
def test_a_letter_for_the_sake_of_one_link_holds_that_link(
    renderer: Renderer, content: LetterContent, path: str
) -> None:
    one = Claimed(7, 1, (), content.kind, 0, 3, address="layla@example.org")
    personal = LINKS.personal(one, fixtures.AT, "t0k3n")
    rendered = renderer.render(content)
    for part in (mail_html(rendered, personal), mail_text(rendered, personal)):
        assert part.count(f"https://letters.example/{path}/t0k3n") == 1


def test_the_public_page_of_a_welcome_leads_nobody_to_their_settings(renderer: Renderer) -> None:
    page = public_page(renderer.render(WELCOME))
    assert "أهلًا بك" in page
    assert "تعديل الاشتراك" not in page
    assert not any(mark in page for mark in PersonalMark)


def test_a_welcome_says_what_how_often_and_when_first(renderer: Renderer) -> None:
    said = words(renderer, WELCOME)
    assert "محافظات · كل يوم اقتصاد · كل أسبوع" in said
    assert "يصلك العدد الأول يوم الثلاثاء ٢٤ تشرين الثاني" in said
    assert fixtures.SITE.sender_address in said
    today = words(renderer, replace(WELCOME, next_at=fixtures.AT + timedelta(hours=3)))
    assert "يصلك العدد الأول يوم الاثنين ٢٣ تشرين الثاني" in today
    at_once = replace(WELCOME, choices=(replace(WELCOME.choices[0], frequency=Frequency.INSTANT), *WELCOME.choices))
    assert "تصلك الرسالة الأولى عند نشر أول جديد" in words(renderer, at_once)
    assert "تأكّد اشتراكك في رسائل الضفاف." in words(renderer, replace(WELCOME, choices=()))


def test_a_sign_in_link_says_how_long_it_works(renderer: Renderer) -> None:
    assert "الرابط صالح لمدة ١٥ دقيقة، ولمرة واحدة." in words(renderer, MAGIC_LINK)
    two = replace(MAGIC_LINK, expires_at=MAGIC_LINK.at + timedelta(minutes=2))
    assert "الرابط صالح لدقيقتين، ولمرة واحدة." in words(renderer, two)


def test_a_goodbye_says_what_ended_and_what_did_not(renderer: Renderer) -> None:
    said = words(renderer, GOODBYE)
    assert "محافظات · كل يوم" in said
    assert "اشتراكاتك الأخرى في الضفاف باقية كما هي." in said
    assert "رابط الاستعادة صالح حتى الاثنين ٣٠ تشرين الثاني" in said
    everything = words(renderer, replace(GOODBYE, choices=(), is_anything_left=False))
    assert "لن تصلك بعد الآن أي رسائل من الضفاف." in everything
    assert "باقية" not in everything


def test_an_issue_sets_the_editor_s_words_as_letters_are_set(renderer: Renderer) -> None:
    page = html_of(renderer, ISSUE)
    assert ISSUE.issue is not None
    assert [node.text() for node in page.css("h1")] == [ISSUE.issue.title]
    assert [node.text() for node in page.css("h2")] == ["ثلاث خلاصات", "في هذا العدد ٣ أخبار"]
    assert "من يتحمّل الكلفة حين يقلّ الماء؟" in [node.text() for node in page.css("b")]
    links = [node.attributes["href"] for node in page.css("a")]
    assert "https://aldhifaf.example/data/water" in links
    assert [node.text() for node in page.css("h3")] == [item.title for item in ISSUE.items]
    assert not page.css("strong, ul, li, blockquote")


def test_an_issue_keeps_the_spaces_around_links_and_none_within_words(renderer: Renderer) -> None:
    html = "<p>قبل<b> غامق</b> بعد <a href='https://x.example/'>رابط</a>، ثم ال<b>كلمة</b>.</p>"
    text = mail_text(renderer.render(replace(ISSUE, issue=Editorial("عدد", html))), PERSONAL)
    assert "قبل غامق بعد رابط، ثم الكلمة.\r\nhttps://x.example/\r\n" in text
    assert "قبل غامق بعد رابط، ثم الكلمة." in words(renderer, replace(ISSUE, issue=Editorial("عدد", html)))


def test_each_paragraph_of_an_issue_runs_its_own_way(renderer: Renderer) -> None:
    html = "<p>سؤال وصلنا:</p><p>Is there a relief fund?</p><p>والجواب: نعم.</p>"
    page = html_of(renderer, replace(ISSUE, issue=Editorial("عدد", html)))
    (english,) = page.css('table[dir="ltr"]')
    assert english.text().strip() == "Is there a relief fund?"


def test_a_numbered_list_counts_in_the_digits_of_the_site(renderer: Renderer) -> None:
    html = "<ol><li>أولًا<li><p>ثانيًا</p><p>تتمة</p></ol><p>نهاية"
    text = mail_text(renderer.render(replace(ISSUE, issue=Editorial("عدد", html))), PERSONAL)
    assert "١. أولًا\r\n٢. ثانيًا\r\n\r\nتتمة\r\n\r\nنهاية" in text


@pytest.mark.parametrize(("begun", "marker"), [("3", "٣"), ("0", "٠"), ("x", "١"), ("-2", "١"), ("", "١")])
def test_a_numbered_list_begins_where_its_editor_lets_it(renderer: Renderer, begun: str, marker: str) -> None:
    html = f'<ol start="{begun}"><li>خبر</li><li>بند</li></ol>'
    text = mail_text(renderer.render(replace(ISSUE, issue=Editorial("عدد", html))), PERSONAL)
    assert f"{marker}. خبر\r\n" in text


def test_a_correction_says_what_was_wrong_and_what_is_right(renderer: Renderer) -> None:
    said = words(renderer, CORRECTION)
    places = [said.rindex(one) for one in ("المنشور يوم الأحد ٢٢", "٢١ في المئة", "والصواب", "١٢ في المئة", "نعتذر")]
    assert places == sorted(places)
    assert CORRECTION.correction is not None
    short = words(renderer, replace(CORRECTION, correction=replace(CORRECTION.correction, said="")))
    assert "ورد في الرسالة" not in short


@pytest.mark.parametrize("correction", [None, Correction("", fixtures.AT, "<p>س"), Correction("س", fixtures.AT, "<p>")])
def test_a_correction_of_nothing_fails(renderer: Renderer, correction: Correction | None) -> None:
    with pytest.raises(RenderFailed, match="NothingToSay"):
        renderer.render(replace(CORRECTION, correction=correction))


def test_word_of_a_change_of_address_says_until_when_it_can_be_stopped(renderer: Renderer) -> None:
    said = words(renderer, ADDRESS_CHANGE)
    assert "إن كان هذا الطلب منك فلا يلزمك فعل شيء." in said
    assert "الرابط صالح حتى الاثنين ٣٠ تشرين الثاني" in said
