"""The pages, the API and the probes, over HTTP, on the real database."""
