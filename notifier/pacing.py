"""The knobs of letters about comments: how long they wait, how often they come, and when never."""

from pydantic import BaseModel, Field


class Pacing(BaseModel):
    """Part of the settings."""

    reply_hold_s: int = Field(
        default=120, ge=0, description="Seconds a reply or a mention waits for an edit or a moderator."
    )
    thread_hold_s: int = Field(default=300, ge=0, description="Seconds any other comment waits.")
    thread_gap_s: int = Field(
        default=900,
        ge=60,
        description="Least seconds between two letters about one thread; doubles while they stay unread, up to a day.",
    )
    thread_gap_per_comment_s: int = Field(default=60, ge=0, description="Seconds each new comment adds to that gap.")
    reply_wait_max_s: int = Field(default=3600, ge=0, description="Most seconds a comment waits for others to join it.")
    thread_letters_per_day: int = Field(
        default=5, ge=1, description="Letters to one person about one thread in 24 hours; then the thread turns daily."
    )
    comment_letters_per_day: int = Field(
        default=12,
        ge=1,
        description="Instant letters to one person a day, alerts counted; comments beyond them join the daily digest.",
    )
    letter_comments_max: int = Field(
        default=30, ge=1, le=200, description="Comments that one letter shows; the rest is a link, and counts as told."
    )
    quiet_from_h: int = Field(
        default=23,
        ge=0,
        le=23,
        description="Hour, where the reader lives, from which no alert, hourly digest or letter about comments leaves.",
    )
    quiet_until_h: int = Field(
        default=7, ge=0, le=23, description="Hour until which none does; the same as quiet_from_h for no quiet hours."
    )
    quiet_alerts: bool = Field(
        default=True,
        description="Whether alerts keep quiet hours too: what came then is one letter afterwards.",
    )
    implicit_idle_days: int = Field(
        default=7,
        ge=1,
        description="Days without a sign of life after which a subscription nobody asked for goes daily.",
    )
