"""The whole product on one command: a sample newspaper, its readers, and an inbox to look into."""
