"""Put the parts together from the settings, once per process."""

import hashlib
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Final

from notifier import dkim_keys, observe, settings
from notifier.budget import RedisBudget
from notifier.db import Database
from notifier.domain.dkim import DkimSigner
from notifier.domain.tokens import Signer
from notifier.journal import Journal
from notifier.journal.folder import Folder
from notifier.journal.shared import Shared
from notifier.parts import Parts
from notifier.ring import CeleryBell, queue_depths
from notifier.settings import Settings
from notifier.sources.fetch import Fetcher
from notifier.stages.render import Press, Renderer
from notifier.transports.account import SmtpAccount
from notifier.transports.smtp import SmtpTransport

DAY_S: Final = 86_400


@lru_cache
def parts() -> Parts:
    """This process's parts, from its environment."""
    knobs = settings.current()
    observe.set_up_logs(knobs.log_format, knobs.log_level)
    return assemble(knobs)


def assemble(knobs: Settings) -> Parts:
    """Parts from these settings. Nothing is connected yet: that happens at first use. Raises DkimFolderError."""
    redis_url = knobs.redis_url.get_secret_value()
    keys = [key.get_secret_value() for key in (knobs.secret_key, *knobs.secret_keys_previous)]
    db, bell = Database(knobs.database_url), CeleryBell(redis_url)
    transport = SmtpTransport(SmtpAccount.of(knobs))
    budget = RedisBudget(redis_url, knobs.send_rate_per_s, knobs.send_burst)
    renderer = Renderer(settings.templates_dir())
    journal = Journal(Folder(_journal_folder(knobs)), Shared(redis_url, knobs.lease_s + DAY_S))
    return Parts(
        db=db,
        bell=bell,
        depths=lambda: queue_depths(redis_url),
        transport=transport,
        budget=budget,
        renderer=renderer,
        press=Press(renderer, knobs.body_encoding, DkimSigner(dkim_keys.load(knobs.dkim_folder))),
        journal=journal,
        settings=knobs,
        signer=Signer(keys),
        fetch=Fetcher(knobs.fetch_timeout_s, knobs.fetch_bytes_max, knobs.fetch_hosts_allowed),
        goodbyes=(transport.close, bell.close, budget.close, journal.close, db.close),
    )


def _journal_folder(knobs: Settings) -> Path:
    # Of each database its own: whoever finds an abandoned page writes it into the books it belongs to.
    place = knobs.journal_folder or Path(tempfile.gettempdir()) / "notifier-journal"
    return place / hashlib.sha256(knobs.database_url.encode()).hexdigest()[:16]
