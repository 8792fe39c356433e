"""WordPress's own MariaDB or MySQL, read page by page in the order of ids: nothing is locked, nothing is written."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from notifier.sources.wpdiscuz.table import SUBSCRIPTIONS, Row, Shape, TableError

PAGE: Final = 2000
CONNECT_S: Final = 10
READ_S: Final = 60
# Moments of type TIMESTAMP are told in the zone of the session.
_ON_CONNECT: Final = ("SET time_zone = '+00:00'", "SET SESSION TRANSACTION READ ONLY")
_PREFIX: Final = re.compile(r"\w{0,60}", re.ASCII)
_DRIVER: Final = "mysql+pymysql"
_TICKED: Final = '"isReplyDefaultChecked";(i:1|b:1|s:1:"1");'


class WordPress:
    """A WordPress database. Raises TableError for an address or a prefix that cannot be right."""

    def __init__(self, url: str, password: str, prefix: str) -> None:
        if not _PREFIX.fullmatch(prefix):
            raise TableError(f"prefix {prefix!r}: WordPress's are of letters, digits and underscores")
        self.prefix = prefix
        self.engine = _engine(_place(url, password))

    def table(self, shape: Shape) -> "MySqlTable | None":
        """The table of this shape, if there is one. Raises TableError for one without the columns that count."""
        with _page(self.engine) as connection:
            kinds = _columns(connection, self.prefix + shape.name)
            has_posts = bool(_columns(connection, f"{self.prefix}posts"))
            if not kinds:
                return None
            if missing := sorted(shape.needed - kinds.keys()):
                raise TableError(f"{self.prefix}{shape.name} has no columns {', '.join(missing)}")
            is_ticked = shape is SUBSCRIPTIONS and self._is_ticked(connection)
            size = connection.execute(text(f"SELECT count(*) FROM `{self.prefix}{shape.name}`")).scalar_one()  # noqa: S608 - the prefix is checked
        known = tuple(name for name in shape.columns if name in kinds)
        utc = frozenset(name for name in known if kinds[name].startswith("timestamp"))
        return MySqlTable(self.engine, self.prefix, shape, int(size), known, utc, has_posts, is_ticked)

    def _is_ticked(self, connection: Connection) -> bool:
        """Whether wpDiscuz's settings, which PHP wrote, say that its box of replies is ticked beforehand."""
        table = f"{self.prefix}options"
        if not _columns(connection, table):
            return False
        ours = "option_name IN ('wc_options', 'wpdiscuz_options') AND option_value REGEXP :ticked"
        found = connection.execute(text(f"SELECT 1 FROM `{table}` WHERE {ours} LIMIT 1"), {"ticked": _TICKED})  # noqa: S608 - the prefix is checked
        return found.first() is not None

    def close(self) -> None:
        """Let go of the connections."""
        self.engine.dispose()


@dataclass(frozen=True, slots=True)
class MySqlTable:
    """One of its tables; a row's number is its id."""

    engine: Engine
    prefix: str
    shape: Shape
    size: int
    columns: tuple[str, ...]
    utc: frozenset[str]
    has_posts: bool
    is_ticked: bool = False
    """Of subscriptions: whether the box of replies to a comment is ticked beforehand there."""

    @property
    def name(self) -> str:
        """As it is called there."""
        return self.prefix + self.shape.name

    def rows(self) -> Iterator[Row]:
        """Every row, with the title of its article beside it."""
        after, done = -1, 0
        query = text(self._query())
        while True:
            with _page(self.engine) as connection:
                mark = f"{self.shape.mark.replace('_', '|_')}%"
                page = connection.execute(query, {"after": after, "mark": mark, "page": PAGE}).mappings().all()
            for found in page:
                done += 1
                after = int(found["number"])
                yield Row(after, {name: self._text(name, found[name]) for name in found if name != "number"}, done)
            if len(page) < PAGE:
                return

    def _query(self) -> str:
        key = self.shape.key
        columns = [f"CAST(t.`{name}` AS CHAR) AS `{name}`" for name in self.columns]
        title, join = "", ""
        if self.has_posts and "post_id" in self.columns:
            title = ", CASE p.post_status WHEN 'publish' THEN p.post_title ELSE '' END AS post_title"
            join = f" LEFT JOIN `{self.prefix}posts` p ON p.ID = t.post_id"
        ours = " AND t.meta_key LIKE :mark ESCAPE '|'" if self.shape.mark else ""
        return (
            f"SELECT t.`{key}` AS number, {', '.join(columns)}{title} FROM `{self.name}` t{join} "  # noqa: S608 - names of our own, and a checked prefix
            f"WHERE t.`{key}` > :after{ours} ORDER BY t.`{key}` LIMIT :page"
        )

    def _text(self, name: str, value: Any) -> str:  # noqa: ANN401 - the driver's
        if value is None:
            return ""
        return f"{value}+00:00" if name in self.utc else str(value)


@contextmanager
def _page(engine: Engine) -> Iterator[Connection]:
    """A connection for one look; whatever the server says against it becomes a TableError."""
    try:
        with engine.connect() as connection:
            for statement in _ON_CONNECT:
                connection.exec_driver_sql(statement)
            connection.commit()
            yield connection
    except SQLAlchemyError as fault:
        raise _told(fault) from None


def _columns(connection: Connection, table: str) -> dict[str, str]:
    """Column -> type; empty where there is no such table."""
    found = connection.execute(
        text(
            "SELECT lower(column_name), lower(data_type) FROM information_schema.columns "
            "WHERE table_schema = database() AND table_name = :table"
        ),
        {"table": table},
    )
    return {str(name): str(kind) for name, kind in found}


def _place(url: str, password: str) -> URL:
    try:
        place = make_url(url)
    except (ArgumentError, ValueError):
        # Not chained: the reason would repeat the URL.
        raise TableError("write the database as mysql://name@host/base") from None
    if place.get_backend_name() not in {"mysql", "mariadb"} or not place.database:
        raise TableError("write the database as mysql://name@host/base")
    if place.password:
        raise TableError("leave the password out of the address, where every process can read it")
    return place.set(drivername=_DRIVER, password=password or None)


def _engine(place: URL) -> Engine:
    arguments = {"connect_timeout": CONNECT_S, "read_timeout": READ_S, "charset": "utf8mb4"}
    try:
        return create_engine(place, connect_args=arguments, hide_parameters=True, pool_pre_ping=True)
    except ImportError:
        raise TableError("that needs a driver: pip install 'notifier[mysql]'; CSV exports need none") from None


def _told(fault: SQLAlchemyError) -> TableError:
    said = getattr(fault, "orig", None) or fault
    reason = said.args[-1] if said.args else type(said).__name__
    return TableError(f"the WordPress database does not answer: {reason}")
