"""The desk's pages about issues: the list and each issue, composing, looking at the letter, sending and stopping."""
