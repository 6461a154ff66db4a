"""Run with `python -m pytest`: the module form puts this project's folder on the import path."""

import json
import logging

import pytest
from fastapi.testclient import TestClient

from app import main
from app.logs import JsonFormatter


@pytest.fixture
def client() -> TestClient:
    main.items.clear()
    return TestClient(main.app)


def test_health(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "healthy"}


def test_an_item_can_be_read_back(client: TestClient) -> None:
    created = client.post("/items", json={"name": "Test", "price": 9.99})
    assert created.status_code == 201
    assert created.json()["price"] == "9.99"
    assert client.get("/items").json() == [created.json()]
    assert client.get(f"/items/{created.json()['id']}").json() == created.json()


def test_bad_input_unknown_ids_and_a_full_store(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.post("/items", json={"name": "", "price": 1}).status_code == 422
    assert client.get("/items/999999").status_code == 404
    monkeypatch.setattr(main, "MAX_ITEMS", 0)
    assert client.post("/items", json={"name": "Test", "price": 1}).status_code == 507


def test_metrics_count_routes_not_urls(client: TestClient) -> None:
    client.get("/items/424242")
    client.get("/no/such/page")
    metrics = client.get("/metrics").text
    assert 'http_requests_total{method="GET",route="/items/{item_id}",status="404"}' in metrics
    assert 'route="unmatched"' in metrics
    assert "424242" not in metrics


def test_extra_fields_become_json_fields() -> None:
    record = logging.makeLogRecord({"msg": "item_created", "levelname": "INFO", "item_id": 7})
    entry = json.loads(JsonFormatter().format(record))
    assert (entry["event"], entry["level"], entry["item_id"]) == ("item_created", "INFO", 7)
