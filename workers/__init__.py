"""The Celery side: lanes, one line of work per task, and the guards that measurement taught."""
