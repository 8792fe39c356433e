"""The history of the schema, one file per step, written and run by Alembic."""
