"""The two shapes of every statement that moves deliveries from one state to another."""

from sqlalchemy import ColumnElement, Update, update

from notifier.domain.words import State
from notifier.models import Delivery


def write(which: ColumnElement[bool], state: State) -> Update:
    """Put these deliveries into a state."""
    return update(Delivery).where(which).values(state=state).execution_options(synchronize_session=False)


def free(which: ColumnElement[bool], state: State) -> Update:
    """The same, and end the claim on them."""
    return write(which, state).values(lease_until=None, lease_token=None)
