"""The doctor's page."""

from dataclasses import replace

from notifier.doctor import CHECKS, Finding, Light, Report
from notifier.doctor.words import said
from notifier.domain.desk_words import Role
from notifier.web.desk import doctor
from tests.desk.conftest import Desk

FINDINGS = (
    Finding("spf", "naba.example", Light.GREEN, "v=spf1 -all"),
    Finding("dmarc", "naba.example", Light.RED, "no <b>record</b>", "Publish one.", '_dmarc. TXT "v=DMARC1"'),
    Finding("clock", "redis", Light.AMBER, "+9.0 s", "Set it."),
)


def examined(desk: Desk, findings: tuple[Finding, ...]) -> None:
    app = desk.visit.client.app
    app.state.edge = replace(desk.visit.edge, doctor=lambda: Report(findings))  # type: ignore[attr-defined]  # as above


def test_looking_at_the_page_examines_nothing(desk: Desk) -> None:
    owner = desk.add(Role.OWNER)
    app = desk.visit.client.app
    app.state.edge = replace(desk.visit.edge, doctor=lambda: 1 / 0)  # type: ignore[attr-defined, arg-type, return-value]  # must not be called
    assert owner.get("/doctor").status_code == 200


def test_the_button_shows_what_was_found_the_worst_first_and_writes_a_line(desk: Desk) -> None:
    examined(desk, FINDINGS)
    owner = desk.add(Role.OWNER)
    page = owner.post("/doctor")
    assert page.status_code == 200
    text = page.text
    assert text.index("DMARC") < text.index("الساعات") < text.index("SPF")
    assert "no &lt;b&gt;record&lt;/b&gt;" in text
    assert "v=DMARC1" in text
    assert "خلل واحد" in text
    assert "doctor.asked" in owner.get("/log").text


def test_a_finding_is_said_exactly_in_the_language_of_the_page(desk: Desk) -> None:
    gets = said("spf_gets", told="v=spf1 -all", ip="192.0.2.7", result="fail")
    examined(desk, (Finding("spf", "naba.example", Light.RED, gets, said("do_spf_add", term="ip4:192.0.2.7")),))
    text = desk.add(Role.OWNER).post("/doctor").text
    assert "نتيجة \u2068192.0.2.7\u2069 هي" in text
    assert "أضف \u2068ip4:192.0.2.7\u2069 إلى السجل." in text
    assert "Add ip4" not in text


def test_every_finding_that_there_is_has_its_words(desk: Desk) -> None:
    words = desk.visit.edge.desk.strings.voice("ar")
    keys = {*CHECKS, "alignment", "ehlo", "door", "lanes", "warmup", "loop"}
    for key in keys:
        assert words.say(f"doctor.title_{key}")
    report = Report(tuple(Finding(key, "x", Light.RED, "found") for key in sorted(keys)))
    examined(desk, report.findings)
    assert desk.add(Role.OWNER).post("/doctor").status_code == 200


def test_an_editor_may_not_examine(desk: Desk) -> None:
    examined(desk, FINDINGS)
    assert desk.add(Role.EDITOR).post("/doctor").status_code == 403
    assert doctor.router.prefix == "/desk/doctor"
