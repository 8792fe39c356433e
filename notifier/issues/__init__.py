"""What an editor does with an issue: compose it, look at it, send it, stop it. Beside `flow`, with the same stages."""
