"""Subscribe, confirm, change, unsubscribe, suppress: what readers say, and the proof of it."""
