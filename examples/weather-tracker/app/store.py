"""What is kept in redis: the observations of a city, and OpenWeather's answers for a while."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, Field
from redis.asyncio import Redis

OBSERVATIONS_PER_CITY = 100
WEATHER_SECONDS = 600  # OpenWeather itself renews its data every ten minutes

Temperature = Annotated[float, Field(ge=-100, le=70, description="in degrees Celsius")]


class Observation(BaseModel):
    """A temperature that somebody measured."""

    temperature: Temperature
    observed_at: datetime = Field(default_factory=lambda: datetime.now(UTC))


class Weather(BaseModel):
    """The part of OpenWeather's answer that we pass on."""

    city: str
    temperature: float
    humidity: int
    description: str


class Store:
    """Keys are made from the city's case-folded name, so Paris and paris are one."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis

    async def ping(self) -> None:
        """Raise if redis does not answer."""
        await self.redis.ping()

    async def add_observation(self, city: str, observation: Observation) -> None:
        """Put the observation in front and cut the list, in one transaction, so that it never grows without bound."""
        key = f"observations:{city.casefold()}"
        async with self.redis.pipeline(transaction=True) as pipe:
            pipe.lpush(key, observation.model_dump_json())
            pipe.ltrim(key, 0, OBSERVATIONS_PER_CITY - 1)
            await pipe.execute()

    async def observations(self, city: str) -> list[Observation]:
        """The newest first."""
        raw = await self.redis.lrange(f"observations:{city.casefold()}", 0, -1)
        return [Observation.model_validate_json(value) for value in raw]

    async def cached_weather(self, city: str) -> Weather | None:
        """OpenWeather's last answer for this city, if it is still fresh."""
        raw = await self.redis.get(f"weather:{city.casefold()}")
        return None if raw is None else Weather.model_validate_json(raw)

    async def cache_weather(self, city: str, weather: Weather) -> None:
        """Remember an answer until it is stale."""
        await self.redis.set(f"weather:{city.casefold()}", weather.model_dump_json(), ex=WEATHER_SECONDS)
