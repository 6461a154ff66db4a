"""The HTTP interface."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import httpx
from fastapi import Depends, FastAPI, HTTPException, Request, status
from fastapi.responses import JSONResponse
from pydantic import BaseModel, StringConstraints
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app import openweather
from app.settings import Settings
from app.store import Observation, Store, Temperature, Weather

log = logging.getLogger("uvicorn.error")  # uvicorn's own logger: its format and level are the deployment's choice
logging.getLogger("httpx").setLevel(logging.WARNING)  # at INFO it prints every URL, with the API key in it

City = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class ObservationIn(BaseModel):
    """What a client sends."""

    city: City
    temperature: Temperature


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open both clients at start and close them at stop. Neither connects before its first use."""
    settings = Settings.from_environment()
    redis = Redis(
        host=settings.redis_host,
        port=settings.redis_port,
        decode_responses=True,
        socket_connect_timeout=2,
        socket_timeout=2,
    )
    async with redis, httpx.AsyncClient(base_url=openweather.BASE_URL, timeout=openweather.TIMEOUT) as client:
        app.state.settings, app.state.store, app.state.client = settings, Store(redis), client
        yield


app = FastAPI(title="Weather Tracker", version="1.0.0", lifespan=lifespan)


def get_store(request: Request) -> Store:
    """The store of this process; tests put another in its place."""
    return request.app.state.store


StoreDependency = Annotated[Store, Depends(get_store)]


@app.exception_handler(RedisError)
async def redis_is_down(_: Request, error: RedisError) -> JSONResponse:
    """A store that does not answer is a temporary condition of ours, not a bug and not the client's mistake."""
    log.error("redis: %s: %s", type(error).__name__, error)
    return JSONResponse({"detail": "the store does not answer"}, status.HTTP_503_SERVICE_UNAVAILABLE)


@app.get("/health")
async def health() -> dict[str, str]:
    """Liveness: the process answers. Redis is not asked, for a restart of this process would not mend it."""
    return {"status": "healthy"}


@app.get("/ready")
async def ready(store: StoreDependency) -> dict[str, str]:
    """Readiness: redis answers too."""
    await store.ping()
    return {"status": "ready"}


@app.post("/observations", status_code=status.HTTP_201_CREATED)
async def create_observation(body: ObservationIn, store: StoreDependency) -> Observation:
    """Keep what somebody measured."""
    observation = Observation(temperature=body.temperature)
    await store.add_observation(body.city, observation)
    return observation


@app.get("/observations/{city}")
async def list_observations(city: City, store: StoreDependency) -> list[Observation]:
    """The latest observations of a city, the newest first."""
    observations = await store.observations(city)
    if not observations:
        raise HTTPException(status.HTTP_404_NOT_FOUND, detail="no observations of this city")
    return observations


@app.get("/weather/{city}")
async def get_weather(city: City, request: Request, store: StoreDependency) -> Weather:
    """What OpenWeather says. Without the cache we do not ask at all: it is what keeps us inside the API's quota."""
    cached = await store.cached_weather(city)
    if cached is not None:
        return cached
    try:
        weather = await openweather.current_weather(
            request.app.state.client, request.app.state.settings.openweather_api_key, city
        )
    except openweather.UnknownCity:
        raise HTTPException(status.HTTP_404_NOT_FOUND, detail="OpenWeather knows no such city") from None
    except openweather.OpenWeatherError as error:
        log.warning("openweather: %s", error)
        raise HTTPException(status.HTTP_502_BAD_GATEWAY, detail="OpenWeather gave no usable answer") from None
    await store.cache_weather(city, weather)
    return weather
