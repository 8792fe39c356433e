"""Letters are made quickly: measured in the process's own time, so that a busy machine changes little."""

from dataclasses import replace
from itertools import count, islice
from time import process_time

from notifier.domain.letter import LetterContent
from notifier.settings import templates_dir
from notifier.stages.render import Renderer
from notifier.stages.render.environment import environment
from tests.calm import at_best, slowness
from tests.letters import fixtures

COMPILE_S_MAX = 1.0
RENDER_S_MAX = 0.005
SUMMARY = "يقول تجار في الشورجة إن الأسعار لن تتغير قبل نفاد المخزون القائم، وهو يكفي نحو ستة أسابيع على الأقل. "


def digest(number: int) -> LetterContent:
    """A digest of ten stories that nobody has rendered before."""
    items = tuple(
        fixtures.article(
            100 * number + at,
            f"قسم {at % 4}",
            f"الجسر الجديد يقترب من الاكتمال، المرحلة {at} من العدد {number}",
            SUMMARY * 2,
            author_name=f"كاتب {at}",
            facts=fixtures.DAM.facts,
        )
        for at in range(10)
    )
    return replace(fixtures.DIGEST, letter_id=number, items=items)


def test_all_templates_are_compiled_within_a_second() -> None:
    def compiled() -> None:
        environment.cache_clear()
        began = process_time()
        Renderer(templates_dir())
        assert process_time() - began < COMPILE_S_MAX * slowness()

    at_best(compiled)


def test_the_first_rendering_of_a_digest_of_ten_takes_milliseconds(renderer: Renderer) -> None:
    renderer.render(fixtures.ALERT)  # the site's look is set once a process, not once a letter
    unseen = map(digest, count(1))

    def rendered() -> None:
        taken = []
        for content in islice(unseen, 7):
            began = process_time()
            renderer.render(content)
            taken.append(process_time() - began)
        assert sorted(taken)[len(taken) // 2] < RENDER_S_MAX * slowness(), taken

    at_best(rendered)
