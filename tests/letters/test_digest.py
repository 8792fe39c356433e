"""How a digest is laid out: columns, the most discussed story, and what stands beside each title."""

from dataclasses import replace

from selectolax.lexbor import LexborHTMLParser

from notifier.domain.letter import ItemView
from notifier.stages.render import Renderer, mail_html, mail_text
from tests.letters import fixtures

PERSONAL = fixtures.personal()
SHORT = tuple(fixtures.article(n, "باختصار", f"خبر قصير رقم {n}", "") for n in range(20, 26))


def page(renderer: Renderer, *items: ItemView) -> LexborHTMLParser:
    return LexborHTMLParser(mail_html(renderer.render(replace(fixtures.DIGEST, items=items)), PERSONAL))


def test_a_section_of_short_stories_stands_in_two_columns(renderer: Renderer) -> None:
    columns = page(renderer, fixtures.DAM, *SHORT[:5]).css("div.col")
    titles = [[title.text() for title in column.css("h3")] for column in columns]
    # Folded on a phone, they are read in their order.
    assert titles == [[one.title for one in SHORT[:3]], [one.title for one in SHORT[3:5]]]


def test_few_stories_or_long_ones_stand_under_each_other(renderer: Renderer) -> None:
    assert not page(renderer, fixtures.DAM, *SHORT[:3]).css("div.col")
    assert not page(renderer, fixtures.DAM, *SHORT[:3], replace(SHORT[4], summary="جملة.")).css("div.col")


def test_outlook_gets_its_columns_from_a_table_that_runs_the_letter_s_way(renderer: Renderer) -> None:
    html = mail_html(renderer.render(replace(fixtures.DIGEST, items=(fixtures.DAM, *SHORT))), PERSONAL)
    assert html.count('<!--[if mso]><td dir="rtl" width="264"') == 2
    assert ">\n<div" not in html.partition('class="col ')[2], "white space between columns would push one down"


def test_the_story_with_the_most_comments_is_named_with_its_picked_one(renderer: Renderer) -> None:
    text = mail_text(renderer.render(fixtures.DIGEST), PERSONAL).replace("\r", "")
    part = text.partition("[الأكثر نقاشًا]")[2].partition("[نقاشات القراء]")[0]
    assert part.split("\n\n")[1] == f"{fixtures.STORIES[1].title}\n١٠٣ تعليقات\nhttps://aldhifaf.example/news/2"
    assert "تعليق من اختيار المحرر\nحيدر الشمري\nأعمل في الشورجة" in part
    assert "https://aldhifaf.example/news/2#comment-88" in part


def test_without_a_pick_ten_comments_make_a_discussion(renderer: Renderer) -> None:
    for comments, is_named in ((9, False), (10, True)):
        story = replace(fixtures.DAM, facts={"comments": comments})
        body = page(renderer, story).body
        assert ("الأكثر نقاشًا" in (body.text() if body else "")) is is_named


def test_a_picked_comment_runs_its_own_way(renderer: Renderer) -> None:
    picked = {"text": "Watch the border crossings.", "author": "حيدر"}
    made = page(renderer, replace(fixtures.DAM, facts={"comments": 1, "picked_comment": picked}))
    (quote,) = made.css('table[dir="ltr"]')
    assert "Watch the border crossings." in quote.text()


def test_each_story_has_its_source_time_length_comments_and_rating(renderer: Renderer) -> None:
    facts = {"sources": "وكالات", "reading_minutes": 4, "comments": 2, "rating": 4.6, "votes": 38, "views": 900}
    story = replace(fixtures.STORIES[2], facts=facts)
    text = mail_text(renderer.render(replace(fixtures.DIGEST, items=(fixtures.DAM, story))), PERSONAL)
    assert "وكالات · ٥:٣٩ صباحًا · يُقرأ في ٤ دقائق · تعليقان · التقييم ٤٫٦ من ٥ (٣٨ صوتًا)" in text
