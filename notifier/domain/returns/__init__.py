"""What comes back after a letter has left, as values: why it was refused, and what that says of an address."""
