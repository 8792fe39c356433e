"""What the outside publishes, fetched with care and turned into NewItem values."""
