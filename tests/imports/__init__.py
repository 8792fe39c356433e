"""Lists of readers from elsewhere."""
