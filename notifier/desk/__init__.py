"""Who works at the desk: passwords, second factors, sittings, and the log of what was done."""
