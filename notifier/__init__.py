"""Self-hosted, right-to-left newsletters and comment notifications."""

__version__ = "0.1.0"
