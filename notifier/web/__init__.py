"""The edge that browsers and programs see: reader pages, the JSON API, probes."""
