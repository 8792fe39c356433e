"""Break everything a send stands on, while it runs, and count who got what: `python -m drill [--quick]`."""
