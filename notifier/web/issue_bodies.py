"""Issues as the API takes and gives them."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, NaiveDatetime

from notifier.domain.balance import Page
from notifier.domain.desk_words import IssueState, WinnerRule
from notifier.domain.issues import Audience, Composed, When
from notifier.models import Issue
from notifier.web.fields import Guid, Strict, Text, Url, Written


class AudienceBody(Strict):
    """Whom it is for: confirmed readers who fit every line that is given."""

    topics: Annotated[tuple[Text, ...], Field(max_length=200)] = ()
    languages: Annotated[tuple[Text, ...], Field(max_length=20)] = ()
    sources: Annotated[tuple[Text, ...], Field(max_length=50)] = ()
    tags: Annotated[tuple[Text, ...], Field(max_length=200)] = ()
    joined_days: Annotated[int, Field(ge=0, le=3650)] = 0
    alive_days: Annotated[int, Field(ge=0, le=3650)] = 0


class IssueBody(Strict):
    """What an editor writes and chooses; `intro` is Markdown, `items` are guids in the letter's order."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"title": "ماذا جرى هذا الأسبوع", "language": "ar", "intro": "مرحبًا **بكم**", "items": ["164"]}
            ]
        }
    )

    title: Text
    language: Text
    intro: Text = ""
    cover_url: Url = ""
    cover_alt: Text = ""
    subjects: Annotated[tuple[Text, ...], Field(max_length=5)] = ()
    sample_percent: int = 20
    sample_hours: int = 2
    winner_rule: WinnerRule = WinnerRule.HAND
    audience: AudienceBody = AudienceBody()
    items: Annotated[tuple[Guid, ...], Field(max_length=50)] = ()

    def composed(self) -> Composed:
        """As the acts take it. Raises IssueRefused."""
        return Composed(
            self.title, self.language, self.intro, self.cover_url, self.cover_alt, self.subjects,
            self.sample_percent, self.sample_hours, self.winner_rule, Audience.of(self.audience.model_dump()),
        )  # fmt: skip


class WhenBody(Strict):
    """When it goes out: `at` a moment, `local` by each reader's own clock (without an offset), or neither: now."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"local": "2026-12-01T08:00:00"}, {"at": "2026-12-01T08:00:00+03:00"}]}
    )

    at: Written | None = None
    local: NaiveDatetime | None = None

    def when(self) -> When:
        """As the acts take it."""
        return When(self.at, self.local)


class WinnerBody(Strict):
    """The place of a subject among the issue's own, from 0."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"subject": 1}]})

    subject: Annotated[int, Field(ge=0, le=4)]


class StoredIssue(BaseModel):
    """An issue as it is kept."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    title: str
    language: str
    intro: str
    cover_url: str
    cover_alt: str
    subjects: list[str]
    sample_percent: int
    sample_hours: int
    winner_rule: WinnerRule
    winner: int | None
    """The place of the subject that all others get, from 0; null until some of them are planned or it is chosen."""
    is_winner_known: bool
    """False where it is provisional: nobody chose and too little was counted. It is looked at anew for each later
    time zone, and may be chosen as long as one waits."""
    audience: dict[str, Any]
    state: IssueState
    send_at: datetime | None
    local_at: datetime | None
    created_at: datetime
    changed_at: datetime
    begun_at: datetime | None
    finished_at: datetime | None
    items: list[str]
    """Guids in the letter's order."""

    @classmethod
    def of(cls, issue: Issue, items: list[str]) -> Self:
        """A row, and the guids of its items."""
        kept = {name: getattr(issue, name) for name in cls.model_fields if name != "items"}
        return cls(**kept, items=items)


class Progress(BaseModel):
    """The balance of an issue: planned = queued + sending + sent + failed + dropped + expired."""

    state: IssueState
    planned: int
    queued: int
    sending: int
    sent: int
    failed: int
    dropped: int
    expired: int
    reasons: dict[str, int]

    @classmethod
    def of(cls, state: IssueState, page: Page) -> Self:
        """From the books."""
        balance = page.balance
        return cls(
            state=state, planned=balance.planned, queued=balance.queued, sending=balance.sending, sent=balance.sent,
            failed=balance.failed, dropped=balance.dropped, expired=balance.expired, reasons=page.reasons,
        )  # fmt: skip
