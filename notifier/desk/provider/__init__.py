"""The provider of accounts (OpenID Connect): whom to ask, how, and what its word is worth.

Nothing in here knows the desk's users: `notifier.desk.bindings` decides whose an account is. `client` and what it
imports need the extra `oidc`.
"""
