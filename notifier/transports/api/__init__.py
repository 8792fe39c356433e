"""Letters out by a provider's HTTP API: a way out like SMTP, whose answers are judged as SMTP's are."""
