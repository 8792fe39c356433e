"""What templates may count on: every text they name comes out escaped and isolated, and looks do not mix."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from time import process_time

import pytest
from jinja2 import UndefinedError

from notifier.domain.letter import LetterContent, SiteFace
from notifier.domain.words import LetterKind
from notifier.settings import templates_dir
from notifier.stages.render import Renderer, mail_html, mail_text
from notifier.stages.render.environment import environment, trusted
from tests.calm import slowness
from tests.letters import fixtures

HOSTILE = "خبر <b>Laravel 12</b>"
DECODED_MAX = 20_000
"""Bytes of both parts: 27 KB on the wire."""
RENDER_S = 0.005


def plainly(template: str, folder: Path) -> str:
    # A name of its own: an environment reads each of its files once.
    name = f"{sha256(template.encode()).hexdigest()}.html"
    (folder / name).write_text(template, "utf-8")
    values = {"text": HOSTILE, "own": trusted("<br>"), "dir": trusted("rtl")}
    return environment(folder, is_html=True).get_template(name).render(values)


@pytest.mark.parametrize(
    "template",
    [
        "{{ text }}",
        "{{ [text]|first }}",
        "{% set it = text %}{{ it }}",
        "{% set it %}{{ text }}{% endset %}{{ it }}",
        "{% macro m(it) %}{{ it }}{% endmacro %}{{ m(text) }}",
        "{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}{{ text }}{% endcall %}",
        "{% for it in [text] %}{{ it if loop.first }}{% endfor %}",
        "{% block one %}{{ text }}{% endblock %}",
    ],
)
def test_no_way_through_a_template_leaves_a_text_as_it_came(template: str, tmp_path: Path) -> None:
    shown = plainly(template, tmp_path)
    assert shown == plainly("{{ text }}", tmp_path)
    assert "<b>" not in shown
    assert '<span dir="ltr"' in shown


def test_what_is_no_text_is_escaped_as_well(tmp_path: Path) -> None:
    assert plainly("{{ own }}{{ 7 }} {{ ['<i>'] }}", tmp_path).startswith("<br>7 ")
    assert "<i>" not in plainly("{{ ['<i>'] }}", tmp_path)
    with pytest.raises(UndefinedError):
        plainly("{{ nothing }}", tmp_path)


def test_letters_of_two_looks_do_not_mix(renderer: Renderer) -> None:
    sites = fixtures.SITE, replace(fixtures.SITE, colour="#aa1122")
    looks = [(language, site) for language in ("ar", "en") for site in sites]

    def contents(language: str, site: SiteFace) -> list[LetterContent]:
        return [replace(fixtures.sample(kind, language), site=site) for kind in LetterKind]

    # Each look made by a renderer that has seen no other, against one that sees them in turn, twice.
    alone = [Renderer(templates_dir()) for _ in looks]
    pages = [[one.render(letter) for letter in contents(*look)] for one, look in zip(alone, looks, strict=True)]
    in_turn = list(zip(*(contents(*look) for look in looks), strict=True))
    for _ in range(2):
        assert [tuple(map(renderer.render, letters)) for letters in in_turn] == list(zip(*pages, strict=True))
    assert all(len({page.html for page in of_one_kind}) == len(looks) for of_one_kind in zip(*pages, strict=True))


@pytest.mark.parametrize(
    ("lead", "order"),
    [
        ("رياضة", ["رياضة", "اقتصاد", "أخبار أخرى"]),
        ("", ["أخبار أخرى", "اقتصاد", "رياضة"]),
        ("ثقافة", ["اقتصاد", "رياضة", "أخبار أخرى"]),
    ],
)
def test_the_leads_own_section_goes_on_right_under_it(renderer: Renderer, lead: str, order: list[str]) -> None:
    categories = (lead, "", "اقتصاد", "رياضة")
    items = tuple(fixtures.article(n, category, f"عنوان {n}", "") for n, category in enumerate(categories, 1))
    text = renderer.render(replace(fixtures.DIGEST, items=items)).text
    sections = [line.strip("[]") for line in text.splitlines() if line.startswith("[")]
    assert sections[1:] == order


def test_a_digest_of_ten_stories_is_light(renderer: Renderer) -> None:
    titles = "الجسر الجديد يقترب من الاكتمال بعد سنوات من الانتظار، المرحلة {}"
    items = tuple(fixtures.article(n, f"قسم {n}", titles.format(n), "", author_name=f"كاتب {n}") for n in range(10))
    rendered = renderer.render(replace(fixtures.DIGEST, items=items, more=0))
    personal = fixtures.personal()
    assert len((mail_text(rendered, personal) + mail_html(rendered, personal)).encode()) < DECODED_MAX


def test_a_digest_nobody_has_seen_yet_is_rendered_within_milliseconds(renderer: Renderer) -> None:
    def seconds(turn: int) -> float:
        items = tuple(replace(item, title=f"{item.title} {turn}") for item in fixtures.STORIES)
        content = replace(fixtures.DIGEST, items=items)
        began = process_time()
        renderer.render(content)
        return process_time() - began

    # The best of some: a machine may be busy, but it is never too fast.
    assert min(map(seconds, range(10))) <= RENDER_S * slowness()
