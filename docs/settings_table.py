"""Writes the table of settings into README.md: `python docs/settings_table.py`."""

from pathlib import Path

from pydantic import SecretStr

from notifier.intake import Intake
from notifier.settings import Settings

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- settings -->", "<!-- /settings -->"


def table() -> str:
    """Every knob with its default and meaning, as Markdown."""
    rows = ["| variable | default | what it is for |", "|---|---|---|"]
    # What a model inherits comes first in it; here the one that must be set does.
    for name, field in sorted(Settings.model_fields.items(), key=lambda one: one[0] in Intake.model_fields):
        default = "**required**" if field.is_required() else _shown(field.default)
        rows.append(f"| `NOTIFIER_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows)


def filled(readme: str) -> str:
    """The README with today's table in it."""
    head, _, rest = readme.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{table()}\n{END}{tail}"


def _shown(value: object) -> str:
    plain = value.get_secret_value() if isinstance(value, SecretStr) else value
    return f"`{plain}`" if plain not in ("", (), {}, None) else "none"


if __name__ == "__main__":
    README.write_text(filled(README.read_text(encoding="utf-8")), encoding="utf-8")
