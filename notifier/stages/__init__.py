"""The stages of the flow, strangers to each other: only `flow` puts them in order."""
