<%! import re %>\
<% body = lambda source: re.sub(r" *# ###.*\n?", "", source).strip() or "pass" %>\
"""Step ${up_revision}: ${message}."""

import sqlalchemy as sa
from alembic import op
% if "postgresql." in upgrades + downgrades:
from sqlalchemy.dialects import postgresql
% endif

from notifier.migrations.guard import guarded

revision = "${up_revision}"
down_revision = ${f'"{down_revision}"' if down_revision else None}
branch_labels = None
depends_on = None


def upgrade() -> None:
    guarded()
    ${body(upgrades)}


def downgrade() -> None:
    guarded()
    ${body(downgrades)}
