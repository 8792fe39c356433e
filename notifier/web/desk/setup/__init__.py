"""Setting a site up: who it is, where its news come from, how its letters look, and who is told of what."""
