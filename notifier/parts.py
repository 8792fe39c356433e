"""Everything the flow needs from outside, made once per process and passed in."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from notifier.accounts import Accounts
from notifier.budget import Budget, Daily
from notifier.db import Database
from notifier.domain.links import Links
from notifier.domain.quiet import Quiet, QuietRules
from notifier.domain.sealing import Sealer
from notifier.domain.timing import Pace
from notifier.domain.tokens import Signer
from notifier.domain.tracks import Tracks
from notifier.domain.words import Frequency, Lane, LetterKind, NoticeReason
from notifier.journal import Journal
from notifier.models import Site
from notifier.queue import Bell
from notifier.settings import Settings
from notifier.sources.fetch import Fetcher
from notifier.stages.plan.letters import Edition, Room
from notifier.stages.record import Terms
from notifier.stages.render import Press, Renderer
from notifier.trail import LocalTrail, Trail
from notifier.transports import Transport

Depths = Callable[[], Mapping[Lane, int] | None]
"""How many nudges wait in each lane; None where Redis does not answer."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The database, the bell, the ways in and out, and the terms."""

    db: Database
    bell: Bell
    depths: Depths
    is_awaited: Callable[[Lane], bool]
    """Whether a nudge of a more urgent lane than this one waits for a free process."""
    transports: Mapping[str, Transport]
    """By the name of their account."""
    budget: Budget
    accounts: Accounts
    group_of: Callable[[str], str]
    """The budget group of a recipient's domain."""
    renderer: Renderer
    press: Press
    journal: Journal
    settings: Settings
    signer: Signer
    fetch: Fetcher
    takes_mail: Callable[[str], bool] = lambda _domain: True
    """Whether a domain (in A-labels) takes mail at all, as far as the DNS tells."""
    dice: Callable[[], float] = field(default=random.random)
    trail: Trail = field(default_factory=LocalTrail)
    """Opens and clicks that are not counted yet."""
    daily: Daily = field(default_factory=Daily)
    """How much the accounts that warm up may send in a day."""
    goodbyes: tuple[Callable[[], None], ...] = ()
    """What lets go of a connection each, in this order."""

    def close(self) -> None:
        """Say goodbye to the mail server, Redis and the database; what is used afterwards connects again."""
        for goodbye in self.goodbyes:
            goodbye()

    @property
    def terms(self) -> Terms:
        """How long a claim lasts and how often a letter is tried."""
        knobs = self.settings
        return Terms(
            lease=timedelta(seconds=knobs.lease_s),
            attempts_max=knobs.attempts_max,
            retry_base_s=knobs.retry_base_s,
            retry_cap_s=knobs.retry_cap_s,
            unreachable_s=knobs.unreachable_s,
            dice=self.dice,
            sent_if_uncertain=frozenset(LetterKind(kind) for kind in knobs.uncertain_is_sent),
        )

    @property
    def sealer(self) -> Sealer:
        """Seals what must be read again with this installation's keys."""
        knobs = self.settings
        return Sealer(one.get_secret_value() for one in (knobs.secret_key, *knobs.secret_keys_previous))

    @property
    def holds(self) -> dict[NoticeReason, timedelta]:
        """How long a comment waits for an edit or a moderator."""
        personal, other = (
            timedelta(seconds=self.settings.reply_hold_s),
            timedelta(seconds=self.settings.thread_hold_s),
        )
        return {reason: personal if reason.is_personal else other for reason in NoticeReason}

    @property
    def pace(self) -> Pace:
        """How often letters about comments come."""
        knobs = self.settings
        return Pace(
            gap=timedelta(seconds=knobs.thread_gap_s),
            per_comment=timedelta(seconds=knobs.thread_gap_per_comment_s),
            waits_most=timedelta(seconds=knobs.reply_wait_max_s),
            letters_per_thread=knobs.thread_letters_per_day,
            letters_per_day=knobs.comment_letters_per_day,
            quiet=self.quiet.usual,
            idle=timedelta(days=knobs.implicit_idle_days),
        )

    @property
    def quiet(self) -> QuietRules:
        """When readers are left in peace."""
        knobs = self.settings
        return QuietRules(Quiet(knobs.quiet_from_h, knobs.quiet_until_h), knobs.quiet_alerts)

    @property
    def tracks(self) -> Tracks:
        """What reads the links of letters that are counted."""
        return Tracks(self.settings.base_url, self.signer)

    @property
    def room(self) -> Room:
        """How much one letter shows."""
        return Room(self.settings.digest_items_max, self.settings.letter_comments_max)

    def keeps(self, kind: LetterKind, frequency: Frequency | None = None) -> timedelta:
        """How long after its plan a letter may still leave; an hourly digest no longer than to the next one."""
        if frequency is Frequency.HOURLY:
            return timedelta(hours=1)
        knobs = self.settings
        hours = {
            LetterKind.CONFIRM: knobs.confirm_expires_h,
            LetterKind.ALERT: knobs.alert_expires_h,
            LetterKind.REPLY: knobs.reply_expires_h,
            LetterKind.DIGEST: knobs.digest_expires_h,
            LetterKind.WELCOME: knobs.confirm_expires_h,
            LetterKind.ISSUE: knobs.issue_expires_h,
            LetterKind.CORRECTION: knobs.issue_expires_h,
            LetterKind.MAGIC_LINK: knobs.magic_link_expires_h,
            LetterKind.GOODBYE: knobs.confirm_expires_h,
            LetterKind.ADDRESS_CHANGE: knobs.confirm_expires_h,
        }
        return timedelta(hours=hours[kind])

    def edition(self, site: Site, kind: LetterKind, now: datetime, frequency: Frequency | None = None) -> Edition:
        """What letters of this kind share that are planned now."""
        keeps = self.keeps(kind, frequency)
        return Edition(site, self.renderer.languages, now, keeps, self.room, self.quiet)

    def links(self, sender_address: str, *, is_answerable: bool = False) -> Links:
        """What makes a site's letters personal."""
        knobs = self.settings
        reply_domain = knobs.inbound_domain if is_answerable else ""
        domains = {"reply_domain": reply_domain, "leave_domain": knobs.inbound_domain}
        return Links(knobs.base_url, knobs.bounce_domain, self.signer, sender_address, **domains)
