"""Run with `python -m pytest`: the module form puts this project's folder on the import path. Needs no redis."""

from collections.abc import Callable, Iterator

import httpx
import pytest
from fastapi.testclient import TestClient
from redis.exceptions import ConnectionError

from app.main import app, get_store
from app.openweather import BASE_URL
from app.store import Observation, Weather

PARIS = {
    "name": "Paris",
    "main": {"temp": 21.5, "humidity": 40},
    "weather": [{"description": "clear sky"}],
}


class MemoryStore:
    """The store without redis."""

    def __init__(self) -> None:
        self.kept: dict[str, list[Observation]] = {}
        self.weather: dict[str, Weather] = {}

    async def ping(self) -> None:
        raise ConnectionError("refused")

    async def add_observation(self, city: str, observation: Observation) -> None:
        self.kept.setdefault(city.casefold(), []).insert(0, observation)

    async def observations(self, city: str) -> list[Observation]:
        return self.kept.get(city.casefold(), [])

    async def cached_weather(self, city: str) -> Weather | None:
        return self.weather.get(city.casefold())

    async def cache_weather(self, city: str, weather: Weather) -> None:
        self.weather[city.casefold()] = weather


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("OPENWEATHER_API_KEY", "a-test-key")
    monkeypatch.setenv("REDIS_HOST", "nowhere.invalid")
    store = MemoryStore()
    app.dependency_overrides[get_store] = lambda: store
    with TestClient(app) as client:
        yield client
    app.dependency_overrides.clear()


def openweather_answers(handler: Callable[[httpx.Request], httpx.Response]) -> None:
    """Let this function stand in for the API."""
    app.state.client = httpx.AsyncClient(base_url=BASE_URL, transport=httpx.MockTransport(handler))


def test_health_needs_no_redis_and_ready_does(client: TestClient) -> None:
    assert client.get("/health").status_code == 200
    assert client.get("/ready").status_code == 503


def test_an_observation_can_be_read_back(client: TestClient) -> None:
    assert client.get("/observations/Paris").status_code == 404
    assert client.post("/observations", json={"city": "Paris", "temperature": 500}).status_code == 422
    created = client.post("/observations", json={"city": " Paris ", "temperature": 20.5})
    assert created.status_code == 201
    assert client.get("/observations/paris").json() == [created.json()]


def test_weather_is_asked_once(client: TestClient) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json=PARIS)

    openweather_answers(answer)
    expected = {"city": "Paris", "temperature": 21.5, "humidity": 40, "description": "clear sky"}
    assert [client.get(f"/weather/{city}").json() for city in ("Paris", "PARIS")] == [expected, expected]
    assert [request.url.params["appid"] for request in asked] == ["a-test-key"]
    assert asked[0].url.path == "/data/2.5/weather"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx.Response(404, json={"cod": "404"}), 404),
        (httpx.Response(401, json={"cod": 401}), 502),
        (httpx.Response(200, text="<html>"), 502),
        (httpx.Response(200, json={"name": "Paris"}), 502),
    ],
)
def test_other_answers(client: TestClient, answer: httpx.Response, expected: int) -> None:
    openweather_answers(lambda _: answer)
    assert client.get("/weather/Paris").status_code == expected


def test_a_timeout_is_a_bad_gateway(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    def time_out(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout(f"timed out: {request.url}")

    openweather_answers(time_out)
    assert client.get("/weather/Paris").status_code == 502
    assert "a-test-key" not in caplog.text
