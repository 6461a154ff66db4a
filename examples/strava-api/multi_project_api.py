"""The activity feed behind /api/strava-integration.

The feed and the rate limiter live in this process's memory, so the service runs as exactly one worker:
a second one would keep a feed of its own and let every client write twice as often.
"""

import math
import os
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request, status
from fastapi.middleware.cors import CORSMiddleware
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

FEED_SIZE = 1000  # the oldest activity makes room for the newest, so memory is bounded
WRITES_PER_WINDOW = 30
WINDOW_SECONDS = 60.0
TRACKED_CLIENTS = 10_000

STRAVA_CONFIGURED = bool(os.environ.get("STRAVA_CLIENT_ID") and os.environ.get("STRAVA_CLIENT_SECRET"))
ALLOWED_ORIGINS = [origin.strip() for origin in os.environ.get("ALLOWED_ORIGINS", "").split(",") if origin.strip()]


class ActivityIn(BaseModel):
    """What a client sends."""

    model_config = ConfigDict(str_strip_whitespace=True)

    athlete: Annotated[str, Field(min_length=1, max_length=80)]
    sport: Literal["ride", "run", "swim", "walk"]
    distance_m: Annotated[float, Field(gt=0, le=1_000_000)]
    duration_s: Annotated[int, Field(gt=0, le=7 * 24 * 3600)]
    started_at: AwareDatetime | None = None


class Activity(ActivityIn):
    """What the feed keeps."""

    id: int
    started_at: AwareDatetime
    pace_s_per_km: float


class RateLimiter:
    """A sliding window of write times for each client address."""

    def __init__(self, limit: int, window: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit = limit
        self.window = window
        self.clock = clock
        self.calls: dict[str, deque[float]] = {}

    def wait(self, client: str) -> float:
        """Count a call of this client; the seconds it has to wait, 0 if the call is allowed."""
        now = self.clock()
        if client not in self.calls and len(self.calls) >= TRACKED_CLIENTS:
            self._forget_idle(now)
        calls = self.calls.setdefault(client, deque())
        while calls and calls[0] <= now - self.window:
            calls.popleft()
        if len(calls) >= self.limit:
            return calls[0] + self.window - now
        calls.append(now)
        return 0.0

    def _forget_idle(self, now: float) -> None:
        """Drop the clients whose last call left the window, or all of them: memory matters more than fairness."""
        self.calls = {client: calls for client, calls in self.calls.items() if calls[-1] > now - self.window}
        if len(self.calls) >= TRACKED_CLIENTS:
            self.calls.clear()


feed: deque[Activity] = deque(maxlen=FEED_SIZE)
activity_ids = count(1)
limiter = RateLimiter(WRITES_PER_WINDOW, WINDOW_SECONDS)


async def limit_writes(request: Request) -> None:
    """Refuse a client that writes too often; behind a proxy uvicorn fills in the address (FORWARDED_ALLOW_IPS)."""
    wait = limiter.wait(request.client.host if request.client else "unknown")
    if wait > 0:
        raise HTTPException(
            status.HTTP_429_TOO_MANY_REQUESTS,
            detail="too many activities, try again later",
            headers={"Retry-After": str(math.ceil(wait))},
        )


router = APIRouter(prefix="/api/strava-integration")


@router.get("/health")
async def health() -> dict[str, str | bool]:
    """Liveness. It says whether Strava credentials are there, never what they are."""
    return {"status": "healthy", "strava_configured": STRAVA_CONFIGURED}


# The handlers are `async def` and never await between reading and writing, so one event loop needs no lock.
@router.post("/activities", status_code=status.HTTP_201_CREATED, dependencies=[Depends(limit_writes)])
async def create_activity(activity: ActivityIn) -> Activity:
    """Add an activity to the feed."""
    values = activity.model_dump()
    values["started_at"] = activity.started_at or datetime.now(UTC)
    pace = round(activity.duration_s / (activity.distance_m / 1000), 1)
    created = Activity(id=next(activity_ids), pace_s_per_km=pace, **values)
    feed.append(created)
    return created


@router.get("/activities")
async def list_activities(
    limit: Annotated[int, Query(ge=1, le=200)] = 50, athlete: str | None = None
) -> list[Activity]:
    """The newest activities first."""
    found = (activity for activity in reversed(feed) if athlete in (None, activity.athlete))
    return [activity for activity, _ in zip(found, range(limit))]


@router.get("/activities/{activity_id}")
async def get_activity(activity_id: int) -> Activity:
    """One activity, as long as the feed still holds it."""
    for activity in feed:
        if activity.id == activity_id:
            return activity
    raise HTTPException(status.HTTP_404_NOT_FOUND, detail="no such activity")


app = FastAPI(title="Strava integration", version="1.0.0")
if ALLOWED_ORIGINS:
    app.add_middleware(
        CORSMiddleware, allow_origins=ALLOWED_ORIGINS, allow_methods=["GET", "POST"], allow_headers=["Content-Type"]
    )
app.include_router(router)
