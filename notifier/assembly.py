"""Put the parts together from the settings, once per process."""

import random
from functools import lru_cache

from notifier import observe, settings
from notifier.account import Account
from notifier.accounts import Accounts, RedisBreaker, RedisConnections
from notifier.budget import Limit, RedisBudget
from notifier.db import Database
from notifier.domain.recipients import group_of
from notifier.domain.tokens import Signer
from notifier.exchangers import Groups, mx_of
from notifier.parts import Parts
from notifier.ring import CeleryBell, queue_depths
from notifier.settings import Settings
from notifier.shared import Shared
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
    db, bell = Database(knobs.database_url), CeleryBell(redis_url)
    transport = SmtpTransport(SmtpAccount.of(next(iter(knobs.accounts.values()))))
    shared = Shared(redis_url)
    accounts = knobs.accounts
    connections = RedisConnections(shared, {name: account.connections for name, account in accounts.items()})
    groups = Groups(shared, mx_of if knobs.mx_lookups else None)
    return Parts(
        db=db,
        bell=bell,
        depths=lambda: queue_depths(redis_url),
        transport=transport,
        budget=RedisBudget(shared, {name: limit(account) for name, account in accounts.items()}),
        accounts=Accounts(
            {name: account.weight for name, account in accounts.items()},
            RedisBreaker(shared, knobs.unreachable_s),
            random.random,
        ),
        connections=connections,
        group_of=groups,
        renderer=Renderer(settings.templates_dir()),
        settings=knobs,
        signer=Signer(keys),
        fetch=Fetcher(knobs.fetch_timeout_s, knobs.fetch_bytes_max, knobs.fetch_hosts_allowed),
        goodbyes=(transport.close, groups.close, connections.close, bell.close, shared.close, db.close),
    )


def limit(account: Account) -> Limit:
    """How fast an account may be; a group can be named by any of its domains."""
    return Limit(
        account.rate_per_s, account.burst, {group_of(name): rate for name, rate in account.group_rates.items()}
    )
