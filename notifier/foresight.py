"""The knobs of the editors' desk that look ahead."""

from pydantic import BaseModel, Field


class Foresight(BaseModel):
    """Part of the settings."""

    digest_announce_min: int = Field(
        default=30,
        ge=0,
        description="Minutes before a digest from which the desk announces it and mails it to who asked; 0 never does.",
    )
