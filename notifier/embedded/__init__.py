"""What the one-command demo brings along: a Valkey of our own, an inbox, a sample site."""
