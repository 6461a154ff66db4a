"""The HTTP interface. Items live in memory: they are the example, the observability around them is the point."""

import logging
import os
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal
from itertools import count
from typing import Annotated

from fastapi import FastAPI, HTTPException, Query, Request, Response, status
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from pydantic import BaseModel, ConfigDict, Field

from app import logs

logs.configure(os.environ.get("LOG_LEVEL", "INFO"))
log = logging.getLogger(__name__)

MAX_ITEMS = 10_000  # a bound on memory, since nothing ever deletes an item
QUIET_PATHS = {"/health", "/metrics"}  # asked every few seconds by machines: logged at DEBUG only

REQUESTS = Counter("http_requests_total", "Requests answered.", ["method", "route", "status"])
LATENCY = Histogram("http_request_duration_seconds", "Time to answer a request.", ["method", "route"])
ITEMS = Gauge("items", "Items held in memory.")

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class ItemIn(BaseModel):
    """What a client sends."""

    model_config = ConfigDict(str_strip_whitespace=True)

    name: Annotated[str, Field(min_length=1, max_length=100)]
    price: Annotated[Decimal, Field(gt=0, max_digits=10, decimal_places=2)]


class Item(ItemIn):
    """What the service keeps."""

    id: int


app = FastAPI(title="DevOps API", version="1.0.0")
items: dict[int, Item] = {}
item_ids = count(1)


@app.middleware("http")
async def observe(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Measure and log every request, also one that ends in an exception."""
    started = time.perf_counter()
    status_code = status.HTTP_500_INTERNAL_SERVER_ERROR
    try:
        response = await call_next(request)
        status_code = response.status_code
        return response
    finally:
        record(request, status_code, time.perf_counter() - started)


def record(request: Request, status_code: int, seconds: float) -> None:
    """Label by route template and known method: with raw values every URL a client invents would be a time series."""
    route = getattr(request.scope.get("route"), "path", "unmatched")
    method = request.method if request.method in METHODS else "other"
    REQUESTS.labels(method, route, status_code).inc()
    LATENCY.labels(method, route).observe(seconds)
    fields = {"method": request.method, "path": request.url.path, "status": status_code, "ms": round(seconds * 1000, 1)}
    log.log(logging.DEBUG if request.url.path in QUIET_PATHS else logging.INFO, "http_request", extra=fields)


@app.get("/health")
async def health() -> dict[str, str]:
    """Liveness: the process answers."""
    return {"status": "healthy"}


@app.get("/metrics", include_in_schema=False)
async def metrics() -> Response:
    """Prometheus' text format. The registry is this process's own, so run one worker a container."""
    return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


# The handlers are `async def` and never await between reading and writing, so one event loop needs no lock.
@app.post("/items", status_code=status.HTTP_201_CREATED)
async def create_item(item: ItemIn) -> Item:
    """Keep a new item."""
    if len(items) >= MAX_ITEMS:
        log.warning("item_refused", extra={"items": len(items)})
        raise HTTPException(status.HTTP_507_INSUFFICIENT_STORAGE, detail="the store is full")
    created = Item(id=next(item_ids), **item.model_dump())
    items[created.id] = created
    ITEMS.set(len(items))
    log.info("item_created", extra={"item_id": created.id, "price": created.price})
    return created


@app.get("/items")
async def list_items(
    offset: Annotated[int, Query(ge=0)] = 0, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> list[Item]:
    """Items in the order in which they came."""
    return list(items.values())[offset : offset + limit]


@app.get("/items/{item_id}")
async def get_item(item_id: int) -> Item:
    """One item."""
    if item_id not in items:
        log.info("item_not_found", extra={"item_id": item_id})
        raise HTTPException(status.HTTP_404_NOT_FOUND, detail="no such item")
    return items[item_id]
