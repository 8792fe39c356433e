"""The container files say nothing that the product does not know."""

import re
from pathlib import Path

import pytest

from notifier.settings import Settings

ROOT = Path(__file__).parent.parent
COMPOSE = (ROOT / "docker-compose.yml").read_text()
OF_COMPOSE_ALONE = {"NOTIFIER_VERSION", "NOTIFIER_PORT", "NOTIFIER_CONCURRENCY"}


@pytest.mark.parametrize("name", [".env.example", "docker-compose.yml"])
def test_every_variable_is_a_setting(name: str) -> None:
    used = set(re.findall(r"NOTIFIER_[A-Z0-9_]+", (ROOT / name).read_text()))
    known = {f"NOTIFIER_{field.upper()}" for field in Settings.model_fields}
    assert used - OF_COMPOSE_ALONE - known == set()


def test_every_image_is_pinned_to_a_version() -> None:
    images = re.findall(r"image: (\S+)", COMPOSE) + re.findall(
        r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE
    )
    assert len(images) >= 5
    for image in images:
        assert re.search(r":(v?\d+\.\d+\.\d+|\d+\.\d+-|\$\{NOTIFIER_VERSION:-\d+\.\d+\.\d+\})", image), image


def test_nothing_runs_as_root() -> None:
    services = re.split(
        r"^  (?=\w+:$)", COMPOSE.split("\nservices:\n")[1].split("\nvolumes:\n")[0], flags=re.MULTILINE
    )[1:]
    assert len(services) >= 7
    for service in services:
        assert "<<: *app" in service or "user: " in service, service
    assert re.findall(r"^USER (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE) == ["10001:10001"]


def test_no_secret_has_a_default() -> None:
    for name in ("NOTIFIER_SECRET_KEY", "POSTGRES_PASSWORD"):
        asked = re.findall(rf"\$\{{{name}[^}}]*\}}", COMPOSE)
        assert asked
        assert all(text.startswith(f"${{{name}:?") for text in asked)
        assert f"\n{name}=\n" in (ROOT / ".env.example").read_text()
