"""Lists of readers that come from elsewhere: what their columns mean, and what a row says. Pure."""
