"""Health, readiness and figures."""

from dataclasses import replace
from datetime import timedelta

from fastapi.testclient import TestClient

from notifier import upkeep
from notifier.db import Database
from notifier.domain.words import Lane
from notifier.web.app import create_app
from tests.web.conftest import Visit


def test_health_needs_nothing_but_the_process(visit: Visit) -> None:
    assert visit.client.get("/health").json() == {"ok": True}
    assert visit.client.head("/health").status_code == 200


def test_ready_means_database_schema_and_redis(visit: Visit) -> None:
    answer = visit.client.get("/ready")
    assert (answer.status_code, answer.json()) == (
        200,
        {"ok": True, "database": True, "schema": True, "redis": True},
    )


def test_ready_names_what_does_not_answer(visit: Visit) -> None:
    lost = replace(visit.parts, db=Database("postgresql+psycopg://nobody@127.0.0.1:9/none"), depths=lambda: None)
    with TestClient(create_app(lost)) as client:
        answer = client.get("/ready")
    assert (answer.status_code, answer.json()) == (
        503,
        {"ok": False, "database": False, "schema": False, "redis": False},
    )


def test_an_empty_database_is_not_ready(visit: Visit, empty_database_url: str) -> None:
    empty = Database(empty_database_url)
    with TestClient(create_app(replace(visit.parts, db=empty))) as client:
        assert client.get("/ready").json() == {"ok": False, "database": True, "schema": False, "redis": True}
    empty.close()


def test_the_figures_come_from_the_database(visit: Visit) -> None:
    visit.sign_up()
    visit.now += timedelta(seconds=30)
    upkeep.tick(visit.parts, visit.now)
    visit.now += timedelta(seconds=12)
    text = visit.client.get("/metrics").text
    assert 'notifier_deliveries{lane="urgent",state="sent"} 1.0' in text
    assert "notifier_last_sweep_age_seconds 12.0" in text
    assert "notifier_oldest_queued_age_seconds 0.0" in text
    assert "notifier_redis_up 1.0" in text
    for lane in Lane:
        assert f'notifier_queue_depth{{lane="{lane}"}}' in text
    assert "notifier_nudges_lost_total" in text
    assert 'notifier_account_up{account="smtp"} 1.0' in text


def test_the_figures_tell_that_an_account_is_down(visit: Visit) -> None:
    visit.parts.accounts.breaker.heard("smtp", is_up=False, is_refused=True)
    down = visit.client.get("/metrics").text
    visit.parts.accounts.breaker.heard("smtp", is_up=True)
    assert 'notifier_account_up{account="smtp"} 0.0' in down


def test_the_figures_go_on_without_redis(visit: Visit) -> None:
    with TestClient(create_app(replace(visit.parts, depths=lambda: None), now=lambda: visit.now)) as client:
        text = client.get("/metrics").text
    assert "notifier_redis_up 0.0" in text
    assert "notifier_queue_depth{" not in text


def test_metrics_tell_that_the_database_is_away(visit: Visit) -> None:
    visit.parts.db.close()
    with visit.parts.db.engine.connect() as connection:
        connection.exec_driver_sql("ALTER TABLE deliveries RENAME TO hidden")
        connection.commit()
    text = visit.client.get("/metrics").text
    assert "notifier_database_up 0.0" in text
    assert "notifier_redis_up 1.0" in text
