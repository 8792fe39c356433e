"""Sign up, confirm, change, unsubscribe: what readers say, and the proof of it."""
