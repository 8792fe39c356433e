"""What comes back to us: who is meant by a recipient's local part, and what it means for a reader."""
