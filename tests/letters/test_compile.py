"""Templates are judged before a letter is made of them: each broken rule with its file, line and words."""

import re
import shutil
import time
from pathlib import Path

import pytest

from notifier.domain.lint import fault as faults
from notifier.domain.lint.template import lint_template
from notifier.domain.words import LetterKind
from notifier.settings import templates_dir
from notifier.stages.render import Renderer
from notifier.stages.render.compile.check import TemplateRefused, check_ours
from notifier.stages.render.compile.inline import inlined
from notifier.stages.render.environment import environment

SECONDS_MAX = 1.0
"""To compile all templates at a worker's start; it takes a tenth."""
TABLE = '<table role="presentation" dir="{{ dir }}" style="direction:{{ dir }}">'
CELL = '<td dir="{{ dir }}" align="{{ start }}" style="direction:{{ dir }};text-align:{{ start }}{}">'


@pytest.mark.long
def test_every_template_of_ours_keeps_the_rules() -> None:
    check_ours(templates_dir())


def test_compiling_them_all_takes_less_than_a_second() -> None:
    inlined.cache_clear()
    environment.cache_clear()
    begun = time.process_time()
    Renderer(templates_dir())
    assert time.process_time() - begun < SECONDS_MAX


def broken(tmp_path: Path, file: str, good: str, bad: str) -> list[tuple[str, int, str]]:
    """(file, line, rule) of what is found once `good` has become `bad` at its first place."""
    folder = tmp_path / "templates"
    shutil.copytree(templates_dir(), folder)
    path = folder / "email" / file
    source = path.read_text("utf-8")
    assert good in source
    path.write_text(source.replace(good, bad, 1), "utf-8")
    with pytest.raises(TemplateRefused) as refused:
        check_ours(folder, [LetterKind.DIGEST])
    return [(one.file, one.line, one.rule) for one in refused.value.faults]


def line_of(file: str, good: str) -> int:
    source = (templates_dir() / "email" / file).read_text("utf-8")
    return source.count("\n", 0, source.index(good)) + 1


BODY = "digest/body.html"
LEAD = "{{ m.heading('h2', 28, lead.title, lead.url) }}"
WRITTEN = [
    (BODY, LEAD, "<bdi>x</bdi>", "forbidden-tag"),
    (BODY, LEAD, "<em>x</em>", "forbidden-tag"),
    (BODY, LEAD, "\u2067{{ lead.title }}\u2069", "control"),
    (BODY, LEAD, "{{ lead.title|safe }}", "unsafe"),
    (BODY, LEAD, '<p style="padding-inline:2px">x</p>', "forbidden-style"),
    (BODY, LEAD, '<p style="text-align:end">x</p>', "forbidden-style"),
    (BODY, LEAD, '<p style="text-align:justify">x</p>', "forbidden-style"),
    (BODY, LEAD, '<p style="display:flex">x</p>', "forbidden-style"),
    (BODY, LEAD, '<p style="display:inline-grid">x</p>', "forbidden-style"),
    (BODY, LEAD, '<p style="position:relative">x</p>', "forbidden-style"),
    (BODY, LEAD, '<p style="color:var(--ink)">x</p>', "forbidden-style"),
    (BODY, LEAD, '<p style="letter-spacing:1px">x</p>', "forbidden-style"),
    (BODY, LEAD, '<p style="text-transform:uppercase">x</p>', "forbidden-style"),
    (BODY, LEAD, '<p style="font:italic 17px Arial">x</p>', "forbidden-style"),
    (BODY, LEAD, '<p style="word-break:break-all">x</p>', "forbidden-style"),
    (BODY, LEAD, '<p style="text-align:left">x</p>', "physical-side"),
    (BODY, LEAD, '<p style="padding:0 24px 0 0">x</p>', "physical-side"),
    (BODY, LEAD, '<p style="margin-right:4px">x</p>', "physical-side"),
    (BODY, LEAD, '<p align="right">x</p>', "physical-side"),
    (BODY, LEAD, '<a dir="ltr" href="https://x.example">x</a>', "dir-on-link"),
    (BODY, LEAD, '<p dir="auto">x</p>', "dir-auto"),
    (BODY, LEAD, '<table role="presentation"></table>', "direction-missing"),
    (BODY, LEAD, TABLE.replace(' style="direction:{{ dir }}"', "") + "</table>", "direction-missing"),
    (BODY, LEAD, TABLE.replace('role="presentation" ', "") + "</table>", "role"),
    (BODY, LEAD, '<img src="x.png" width="10" height="10">', "alt"),
    (BODY, LEAD, '<img src="x.png" alt="x" height="10">', "image-size"),
    (BODY, LEAD, '<img src="x.png" alt="x" width="100%" height="10">', "image-size"),
    (BODY, LEAD, '<p style="background-image:none">x</p>', "background-image"),
    (BODY, LEAD, "{{ m.button(mark.SECRET, 'x') }}", "unknown-mark"),
    (BODY, LEAD, "<!--[if mso]><p>x</p>", "conditionals"),
    (BODY, LEAD, "<p>x</p><![endif]-->", "conditionals"),
    (BODY, LEAD, "<style>.x{color:red", "css"),
    ("base.html", "'border-top:1px solid #dcd8ce'", "'border-left:1px solid'", "physical-side"),
    ("base.html", "'border-top:1px solid #dcd8ce'", "'position:absolute'", "forbidden-style"),
    (
        "base.html",
        ' dir="{{ dir }}" align="center" style="direction:{{ dir }};text-',
        ' style="text-',
        "direction-missing",
    ),
    ("base.html", "<![endif]-->\n{{ frame", "\n{{ frame", "conditionals"),
    ("frames.html", ' align="{{ side[way] }}"', "", "align-missing"),
    ("frames.html", "padding-right:20px!important", "padding-right:8px!important", "physical-side"),
    ("macros.html", ' alt="{{ image.alt|attr }}"', "", "alt"),
    ("digest/body.txt", "{% if more %}", "{% if more %}\u202e", "control"),
    ("digest/body.txt", "{{ site.url }}", "{{ mark.SHOP }}", "unknown-mark"),
    (BODY, "{% endif %}", "", "syntax"),
]


@pytest.mark.matrix(8)
@pytest.mark.parametrize(("file", "good", "bad", "rule"), WRITTEN)
def test_a_broken_rule_is_refused_with_file_line_and_rule(
    tmp_path: Path, file: str, good: str, bad: str, rule: str
) -> None:
    found = broken(tmp_path, file, good, bad)
    if rule == "syntax":  # Jinja tells where it noticed.
        assert (file, rule) in {(where, what) for where, _, what in found}
    else:
        assert (file, line_of(file, good), rule) in found


RENDERED = [
    ("{% call frame.text('p', 10, 'ink') %}{{ lead.title }}{% endcall %}", "font-size"),
    ("<p>Laravel</p>", "not-isolated"),
    ("{{ m.heading('h2', 20, lead.title) }}{{ m.heading('h4', 20, lead.title) }}", "headings"),
    ("{{ m.heading('h1', 20, lead.title) }}", "headings"),
    ("{% call m.link('javascript:x') %}{{ lead.title }}{% endcall %}", "link"),
    ("{% call m.link(lead.url) %}{% endcall %}", "link-text"),
    ('<p style="font-size:17px;line-height:1.75;color:#aaaaaa">{{ lead.title }}</p>', "contrast"),
    ('<p style="font-size:17px;line-height:1.1">{{ lead.title }}</p>', "line-height"),
    ('<span dir="ltr">x</span>', "island"),
    ("<p><b>{{ lead.title }}</p></b>", "unclosed"),
    ("<div>{{ lead.title }}", "unclosed"),
    ("<div>{{ lead.title }}</div>", "colour-missing"),
    ("{{ lead.nothing }}", "undefined"),
    ("{{ say('letters.nothing') }}", "failed"),
]


@pytest.mark.matrix(4)
@pytest.mark.parametrize(("bad", "rule"), RENDERED)
def test_what_only_a_letter_shows_leads_back_to_the_line_that_made_it(tmp_path: Path, bad: str, rule: str) -> None:
    assert (BODY, line_of(BODY, LEAD), rule) in broken(tmp_path, BODY, LEAD, bad)


def test_left_and_right_may_stand_within_an_island_and_where_both_are_alike() -> None:
    island = '<p dir="ltr" style="direction:ltr;text-align:left">x</p><p style="padding:1px 2px 3px 2px">y</p>'
    assert lint_template("x.html", island) == []
    assert lint_template("x.html", island + '<p style="float:left">x</p>')[0].rule == "physical-side"


def test_every_rule_has_words_and_every_rule_of_the_linter_is_among_them() -> None:
    folder = Path(faults.__file__).parent
    source = "".join(path.read_text("utf-8") for path in folder.glob("*.py"))
    told = set(re.findall(r'(?:Finding|broken)\(\s*"([\w-]+)"|yield "([\w-]+)"', source))
    names = {one or other for one, other in told}
    assert len(names) > 30
    assert names <= faults.RULES
    shown = str(faults.Fault("a/body.html", 7, "alt", "x.png"))
    assert shown == "a/body.html:7: alt: A picture needs an alternative text (alt). (x.png)"


SHEET = """{% extends "base.html" %}
{% block content %}
<style>
/* of this letter */
.a{color:{{ colour["soft"] }};padding:{{ gap }}px 4px;font-family:"Segoe UI"}
tr > td.b, .c p{border-{{ side[dir] }}:1px solid #ccc}
.a:hover{color:red}
@media print{.a{color:#000!important}}
</style>
{% for x in xs %}
<tr class="a"><td class="b {{ x }}"{% if y %} id="q"{% endif %} style="color:{{ colour["ink"] }}">{{ x }}</td></tr>
{% endfor %}
<p class="a" style='color:{{ colour['ink'] }}'><img class="a" src="{{ x }}"/></p>
{% endblock %}
"""


def test_a_style_block_goes_into_the_elements_and_jinja_stays_as_it_was() -> None:
    made = inlined(SHEET).splitlines()
    rules = "color:{{ colour[\"soft\"] }};padding:{{ gap }}px 4px;font-family:'Segoe UI'"
    assert made[:9] == [*SHEET.splitlines()[:2], *[""] * 7]
    assert made[9] == "{% for x in xs %}"
    assert f'<tr class="a" style="{rules}">' in made[10]
    assert (
        '{% if y %} id="q"{% endif %} style="border-{{ side[dir] }}:1px solid #ccc;color:{{ colour["ink"] }}"'
        in made[10]
    )
    assert made[12].startswith(
        '<p class="a" style=\'color:{{ colour["soft"] }};padding:{{ gap }}px 4px;font-family:&#39;Segoe'
    )
    assert made[12].endswith(f'<img class="a" src="{{{{ x }}}}" style="{rules}"/></p>')
    head = "".join(made[14:])
    assert head.startswith(
        "{% block styles %}{{ super() }}<style>.a:hover{color:red}@media print{.a{color:#000!important}}"
    )


def test_what_has_nothing_to_inline_stays_as_it_is() -> None:
    for path in (templates_dir() / "email").rglob("*.html"):
        source = path.read_text("utf-8").replace(' data-css-inline="ignore"', "")
        if path.name != "macros.html":
            assert inlined(path.read_text("utf-8")) == source
    outlooks = "<!--[if mso]><style>p{color:red}</style><![endif]--><p>x</p>"
    assert inlined(outlooks) == outlooks
