"""The OpenWeather client."""

import httpx

from app.store import Weather

BASE_URL = "https://api.openweathermap.org/data/2.5"
TIMEOUT = httpx.Timeout(5.0, connect=3.0)


class UnknownCity(Exception):
    """OpenWeather has no such city."""


class OpenWeatherError(Exception):
    """OpenWeather did not answer, or not with what its documentation says."""


async def current_weather(client: httpx.AsyncClient, api_key: str, city: str) -> Weather:
    """Ask for the current weather. No error carries the request's URL, for the API key stands in it."""
    try:
        response = await client.get("/weather", params={"q": city, "units": "metric", "appid": api_key})
    except httpx.HTTPError as error:
        raise OpenWeatherError(type(error).__name__) from None
    if response.status_code == httpx.codes.NOT_FOUND:
        raise UnknownCity
    if response.status_code != httpx.codes.OK:
        raise OpenWeatherError(f"status {response.status_code}")
    try:
        body = response.json()
        return Weather(
            city=body["name"],
            temperature=body["main"]["temp"],
            humidity=body["main"]["humidity"],
            description=body["weather"][0]["description"],
        )
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise OpenWeatherError(f"unexpected answer: {type(error).__name__}") from None
