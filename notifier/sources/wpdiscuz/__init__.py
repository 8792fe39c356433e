"""Readers that other comment plugins had: wpDiscuz and Subscribe to Comments Reloaded, from MariaDB or from CSV."""
