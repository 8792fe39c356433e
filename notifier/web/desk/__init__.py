"""The editors' desk: pages behind a login, one module a part, each saying which role it needs."""
