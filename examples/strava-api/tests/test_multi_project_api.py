"""Run with `python -m pytest`: the module form puts this project's folder on the import path."""

import pytest
from fastapi.testclient import TestClient

import multi_project_api
from multi_project_api import RateLimiter, app

BASE = "/api/strava-integration"
RIDE = {"athlete": "Mina", "sport": "ride", "distance_m": 20_000, "duration_s": 3_000}


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> TestClient:
    multi_project_api.feed.clear()
    monkeypatch.setattr(multi_project_api, "limiter", RateLimiter(limit=2, window=60))
    return TestClient(app)


def test_health(client: TestClient) -> None:
    assert client.get(f"{BASE}/health").json()["status"] == "healthy"


def test_an_activity_can_be_read_back(client: TestClient) -> None:
    created = client.post(f"{BASE}/activities", json=RIDE)
    assert created.status_code == 201
    assert created.json()["pace_s_per_km"] == 150.0
    assert client.get(f"{BASE}/activities").json() == [created.json()]
    assert client.get(f"{BASE}/activities/{created.json()['id']}").json() == created.json()
    assert client.get(f"{BASE}/activities", params={"athlete": "Noor"}).json() == []


def test_bad_input_and_unknown_ids(client: TestClient) -> None:
    assert client.post(f"{BASE}/activities", json=RIDE | {"distance_m": -1}).status_code == 422
    assert client.get(f"{BASE}/activities/999999").status_code == 404


def test_writes_are_limited(client: TestClient) -> None:
    codes = [client.post(f"{BASE}/activities", json=RIDE).status_code for _ in range(3)]
    assert codes == [201, 201, 429]
    assert 0 < int(client.post(f"{BASE}/activities", json=RIDE).headers["Retry-After"]) <= 60


def test_the_window_slides() -> None:
    now = 0.0
    limiter = RateLimiter(limit=1, window=10, clock=lambda: now)
    assert limiter.wait("a") == 0
    now = 4.0
    assert limiter.wait("a") == 6
    now = 10.0
    assert limiter.wait("a") == 0
