"""Measurements: `python -m bench` runs them all, each script runs alone as well."""
