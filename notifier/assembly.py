"""Put the parts together from the settings, once per process."""

from functools import lru_cache

from notifier import observe, settings
from notifier.budget import RedisBudget
from notifier.db import Database
from notifier.domain.tokens import Signer
from notifier.parts import Parts
from notifier.ring import CeleryBell, queue_depths
from notifier.settings import Settings
from notifier.sources.fetch import Fetcher
from notifier.stages.render import Renderer
from notifier.transports.account import SmtpAccount
from notifier.transports.smtp import SmtpTransport


@lru_cache
def parts() -> Parts:
    """This process's parts, from its environment."""
    knobs = settings.current()
    observe.set_up_logs(knobs.log_format, knobs.log_level)
    return assemble(knobs)


def assemble(knobs: Settings) -> Parts:
    """Parts from these settings. Nothing is connected yet: that happens at first use."""
    redis_url = knobs.redis_url.get_secret_value()
    keys = [key.get_secret_value() for key in (knobs.secret_key, *knobs.secret_keys_previous)]
    db, bell = Database(knobs.database_url), CeleryBell(knobs.broker)
    transport = SmtpTransport(SmtpAccount.of(knobs))
    budget = RedisBudget(redis_url, knobs.send_rate_per_s, knobs.send_burst)
    return Parts(
        db=db,
        bell=bell,
        depths=lambda: queue_depths(knobs.broker),
        transport=transport,
        budget=budget,
        renderer=Renderer(settings.templates_dir()),
        settings=knobs,
        signer=Signer(keys),
        fetch=Fetcher(knobs.fetch_timeout_s, knobs.fetch_bytes_max, knobs.fetch_hosts_allowed),
        goodbyes=(transport.close, bell.close, budget.close, db.close),
    )
