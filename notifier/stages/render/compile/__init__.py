"""Templates made ready and judged before a letter is made of them; see `check`."""
