"""Editors' templates: what they may do, and what is refused, with the line, before anybody gets it."""

import pytest

from notifier.domain.template_part import TemplatePart
from notifier.domain.words import LetterKind
from notifier.settings import templates_dir
from notifier.stages.render import sandbox
from notifier.stages.render.compile.check import SOURCE_MAX, TemplateRefused, check_own
from notifier.stages.render.compile.sample import sample
from notifier.stages.render.failed import RenderFailed
from notifier.stages.render.sandbox import allowance

GOOD = """{% extends "base.html" %}
{% block content %}
<style>
.note{padding:12px 20px}
.note p{margin:0;font-size:17px;line-height:1.75;color:{{ colour['ink'] }}}
@media (max-width:480px){.note{padding:8px!important}}
</style>
{% call frame.row('28px 36px 0') %}
{{ m.heading('h1', 28, story.title, story.url) }}
<table role="presentation" class="tint" dir="{{ dir }}" style="direction:{{ dir }};background-color:#f4f1ea">
<tr><td class="note" dir="{{ dir }}" align="{{ start }}" style="direction:{{ dir }};text-align:{{ start }}">
<p class="ink">{{ story.summary }}</p>
{% for name in story.sources %}<p class="ink">{{ loop.index }} {{ name }}</p>{% endfor %}
HERE
</td></tr>
</table>
{% endcall %}
{% endblock %}
"""
LINE = GOOD[: GOOD.index("HERE")].count("\n") + 1
OWN = "alert/body.html"
ALERT = TemplatePart.body(LetterKind.ALERT)


def refused(source: str) -> set[tuple[int, str]]:
    with pytest.raises(TemplateRefused) as found:
        check_own(templates_dir(), ALERT, source)
    assert {fault.file for fault in found.value.faults} == {OWN}
    return {(fault.line, fault.rule) for fault in found.value.faults}


def test_a_good_one_makes_letters_in_the_frame_of_ours() -> None:
    renderer = check_own(templates_dir(), ALERT, GOOD.replace("HERE", ""))
    with allowance():
        html = renderer.render(sample(LetterKind.ALERT, "ar")).html
    assert '<p class="ink" style="margin:0;font-size:17px;line-height:1.75;color:#1d1b18">' in html
    assert '<td class="note" dir="rtl" align="right" style="padding:12px 20px;direction:rtl' in html
    head, _, body = html.partition("</head>")
    assert "@media (max-width:480px){.note{padding:8px!important}}" in head
    assert "<style" not in body
    assert "{{" not in html


NO_DOORS = [
    "{{ story.title.__class__ }}",
    "{{ story['__class__'] }}",
    "{{ say.__globals__ }}",
    "{{ frame.row.__closure__ }}",
    "{{ frame.styles.cache_clear() }}",
    "{{ self.__init__ }}",
    "{{ mark.update(x=1) }}",
    "{{ ''.join([]) }}",
    "{{ '{:1000000000}'.format(1) }}",
    "{{ 'x'['zfill'](1000000000) }}",
    "{{ story.title|format(1) }}",
    "{{ [story]|map(attribute='title') }}",
    "{{ story.title|safe }}",
    "{{ 'x' * 10 }}",
    "{{ 10 ** 10 }}",
    "{{ '%1000000000d' % 1 }}",
    "{% include 'base.html' %}",
    "{% import 'macros.html' as x %}",
    "{% from 'macros.html' import link %}",
    "{% autoescape false %}x{% endautoescape %}",
    "{{ [" + "1," * 60 + "] }}",
]


@pytest.mark.parametrize("bad", NO_DOORS)
def test_no_door_leads_out_of_the_sandbox(bad: str) -> None:
    assert (LINE, "unsafe") in refused(GOOD.replace("HERE", bad))


@pytest.mark.parametrize("name", ["settings", "config", "request", "range", "cycler", "lipsum", "namespace", "ours"])
def test_nothing_is_to_be_seen_but_the_letter(name: str) -> None:
    assert (LINE, "undefined") in refused(GOOD.replace("HERE", f"{{{{ {name} }}}}"))


FIFTY = "x" * 50


def nested(depth: int, inside: str = "") -> str:
    return f"{{% for a in '{FIFTY}' %}}" * depth + inside + "{% endfor %}" * depth


BOMBS = {
    "a loop of 10**9 turns": "{% for i in range(1000000000) %}x{% endfor %}",
    "loops in loops": nested(5),
    "loops that write": nested(3, "text"),
    "loops that leave everything out": nested(3, f"{{% for b in '{FIFTY}' if a == 1 %}}{{% endfor %}}"),
    "a text that doubles": f"{{% set a = '{FIFTY}' %}}" + "{% set a = a ~ a %}" * 40,
    "a list that doubles": "{% set a = [1, 2] %}" + "{% set a = a + a %}" * 40,
    "a block that doubles": "{% set a %}{{ story.summary }}{% endset %}" + "{% set a %}{{ a }}{{ a }}{% endset %}" * 40,
    "calls that double": "{% macro f(n) %}{% if n %}{{ f(n[1:]) }}{{ f(n[1:]) }}{% endif %}{% endmacro %}"
    f"{{{{ f('{FIFTY}') }}}}",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_before_it_goes_off(bomb: str) -> None:
    found = refused(GOOD.replace("HERE", BOMBS[bomb]))
    assert (LINE, "undefined" if "range" in BOMBS[bomb] else "too-large") in found


UNREADABLE = {
    "a block twice": "{% block styles %}{% endblock %}{% block styles %}{% endblock %}",
    "more loops than Python nests": nested(21, "x"),
    "deep parentheses": "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
    "a word said over and over": "{{ " + "not " * 400 + "1 }}",
    "sums in sums": "{{ " + "1 + (" * 250 + "1" + ")" * 250 + " }}",
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_cannot_be_compiled_is_a_fault_like_others(what: str) -> None:
    found = refused(GOOD.replace("HERE", UNREADABLE[what]))
    assert found & {(LINE, "syntax"), (1, "syntax")}


@pytest.mark.long
def test_styles_in_styles_in_styles_are_a_fault_too() -> None:
    assert (1, "syntax") in refused(GOOD.replace("HERE", "<style>" + "@media x{" * 2000 + "}" * 2000 + "</style>"))


def test_a_template_longer_than_any_letter_is_not_even_read() -> None:
    assert refused("x" * (SOURCE_MAX + 1)) == {(1, "too-large")}


def test_one_that_stands_on_nothing_is_refused() -> None:
    assert refused("<p>x</p>") == {(1, "extends")}
    assert (1, "extends") in refused('{% extends "../base.html" %}')


def test_a_letter_is_bounded_when_it_is_rendered_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    renderer = check_own(templates_dir(), ALERT, GOOD.replace("HERE", ""))
    monkeypatch.setattr(sandbox, "CREDITS", 1000)
    with allowance(), pytest.raises(RenderFailed, match="TooMuch"):
        renderer.render(sample(LetterKind.ALERT, "ar"))


def shared(name: str, source: str) -> None:
    check_own(templates_dir(), TemplatePart.read(name), source)


UNSUBSCRIBE = "{% call m.link(mark.UNSUBSCRIBE, 'soft', true) %}{{ say('letters.unsubscribe') }}{% endcall %}"
FOOT = (
    "{% if is_personal %}{{ mark.OPEN }}{% call frame.text('p', 15, 'soft') %}"
    + UNSUBSCRIBE
    + "{% endcall %}{{ mark.CLOSE }}{% endif %}{% call frame.text('p', 15, 'soft') %}{{ site.name }} HERE{% endcall %}"
)


@pytest.mark.long
def test_head_and_foot_of_all_letters_and_subjects_are_judged_as_bodies_are() -> None:
    shared("footer", FOOT.replace("HERE", ""))
    shared("header", "{% call frame.text('p', 24, 'on', 'bold') %}{{ site.name }}{% endcall %}")
    shared("alert-subject", "{{ story.title }} · {{ site.name }}")


@pytest.mark.parametrize(
    ("name", "source", "rule"),
    [
        ("footer", FOOT.replace(UNSUBSCRIBE, "x"), "unsubscribe"),
        ("footer", '{% extends "base.html" %}', "unsafe"),
        ("footer", FOOT.replace("HERE", "{% include 'base.html' %}"), "unsafe"),
        ("header", "{{ nobody.knows }}", "undefined"),
        ("alert-subject", "{{ ''.__class__ }}", "unsafe"),
        ("alert-subject", "{% for one in range(9) %}x{% endfor %}", "undefined"),
        ("alert-subject", "{% if story %}{% endif %}", "subject"),
        ("alert-subject", "{% set a = story.title %}" + "{% set a = a ~ a %}" * 20 + "{{ a }}", "too-large"),
        ("digest-subject", "{% from 'macros.html' import name %}x", "unsafe"),
    ],
)
def test_nothing_gets_out_of_them_either(name: str, source: str, rule: str) -> None:
    with pytest.raises(TemplateRefused) as found:
        shared(name, source)
    assert rule in {fault.rule for fault in found.value.faults}


@pytest.mark.parametrize("name", ["none", "base", "alert-text", "header-subject"])
def test_there_are_no_other_parts(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        TemplatePart.read(name)
