"""Text for readers: cleaning, direction, digits, dates and sentences."""
