"""Put the parts together from the settings, once per process."""

import hashlib
import hmac
import random
import tempfile
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from notifier import dkim_keys, observe, settings
from notifier.account import Account
from notifier.accounts import Accounts, RedisBreaker, RedisConnections, Slots
from notifier.budget import Daily, Limit, RedisBudget
from notifier.db import Database
from notifier.domain.dkim import DkimSigner
from notifier.domain.pictures import Pictures
from notifier.domain.recipients import group_of
from notifier.domain.tokens import Signer
from notifier.domain.tracks import Tracks
from notifier.domain.warmup import Ramp
from notifier.exchangers import Groups, MailDomains, mx_of, takes_mail
from notifier.journal import Journal
from notifier.journal.folder import Folder
from notifier.journal.in_redis import InRedis
from notifier.parts import Parts
from notifier.ring import CeleryBell, Queues, queue_depths
from notifier.settings import Settings
from notifier.shared import Shared
from notifier.sources.fetch import Fetcher
from notifier.stages import spent
from notifier.stages.render import Press, Renderer
from notifier.trail import RedisTrail
from notifier.transports.made import transport_of

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
    db, bell, shared = Database(knobs.database_url), CeleryBell(knobs.broker), Shared(redis_url)
    accounts = knobs.accounts
    connections = RedisConnections(shared, {name: account.connections for name, account in accounts.items()})
    transports = {name: transport_of(account, Slots(name, connections)) for name, account in accounts.items()}
    groups = Groups(shared, mx_of if knobs.mx_lookups else None)
    signer = Signer([key.get_secret_value() for key in (knobs.secret_key, *knobs.secret_keys_previous)])
    tracks = Tracks(knobs.base_url, signer)
    renderer = Renderer(settings.templates_dir(), pictures=_pictures(knobs, signer), tracks=tracks)
    journal = Journal(Folder(_journal_folder(knobs)), InRedis(redis_url, knobs.lease_s + DAY_S))
    senders = [one.close for one in transports.values()]
    closings = [*senders, groups.close, connections.close, bell.close, journal.close, shared.close, db.close]
    return Parts(
        db=db,
        bell=bell,
        depths=lambda: queue_depths(knobs.broker),
        is_awaited=Queues(Shared(knobs.broker)).is_awaited,
        transports=transports,
        budget=RedisBudget(shared, {name: limit(account) for name, account in accounts.items()}),
        accounts=Accounts(
            {name: account.weight for name, account in accounts.items()},
            RedisBreaker(shared, knobs.unreachable_s, fingerprints=_fingerprints(knobs)),
            random.random,
        ),
        group_of=groups,
        renderer=renderer,
        press=Press(renderer, knobs.body_encoding, DkimSigner(dkim_keys.load(knobs.dkim_folder))),
        journal=journal,
        settings=knobs,
        signer=signer,
        trail=RedisTrail(shared),
        daily=Daily(shared, ramps(accounts), partial(_left_today, db)),
        fetch=Fetcher(knobs.fetch_timeout_s, knobs.fetch_bytes_max, knobs.fetch_hosts_allowed),
        goodbyes=tuple(closings),
        takes_mail=MailDomains(takes_mail if knobs.mx_lookups and knobs.signup_mx_check else None),
    )


def _left_today(db: Database, account: str, now: datetime) -> tuple[int, int] | None:
    try:
        with db.reading() as session:
            return spent.today(session, account, now)
    except SQLAlchemyError:
        # Whoever cannot read the books can claim no letter either.
        return None


def ramps(accounts: Mapping[str, Account]) -> dict[str, Ramp]:
    """The ramps of the accounts that have one."""
    return {
        name: Ramp(one.warmup_from, one.warmup_first, one.warmup_times, one.warmup_days)
        for name, one in accounts.items()
        if one.warmup_from
    }


def limit(account: Account) -> Limit:
    """How fast an account may be; a group can be named by any of its domains."""
    return Limit(
        account.rate_per_s, account.burst, {group_of(name): rate for name, rate in account.group_rates.items()}
    )


def _pictures(knobs: Settings, signer: Signer) -> Pictures:
    hosts = frozenset(host.lower() for host in knobs.image_hosts)
    return Pictures(knobs.base_url, hosts, signer if knobs.image_proxy else None)


def _fingerprints(knobs: Settings) -> dict[str, str]:
    """Of each account: another one when any of its settings is another. Keyed, for it goes into Redis."""
    key = knobs.secret_key.get_secret_value().encode()
    told = {
        name: f"{account.model_dump_json()} {account.password.get_secret_value()}"
        for name, account in knobs.accounts.items()
    }
    return {name: hmac.new(key, text.encode(), hashlib.sha256).hexdigest() for name, text in told.items()}


def _journal_folder(knobs: Settings) -> Path:
    # Of each database its own: whoever finds an abandoned page writes it into the books it belongs to.
    place = knobs.journal_folder or Path(tempfile.gettempdir()) / "notifier-journal"
    return place / hashlib.sha256(knobs.database_url.encode()).hexdigest()[:16]
