"""The demo's invented newspaper: its face, articles, comments, readers and pictures."""

from notifier.embedded.sample.images import picture, picture_names
from notifier.embedded.sample.news import articles, comments, late_comments, late_story
from notifier.embedded.sample.people import SampleReader, SampleSite, readers, site

__all__ = [
    "SampleReader",
    "SampleSite",
    "articles",
    "comments",
    "late_comments",
    "late_story",
    "picture",
    "picture_names",
    "readers",
    "site",
]
