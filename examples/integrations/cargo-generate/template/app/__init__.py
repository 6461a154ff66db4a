"""Counts visits in redis."""

import os

import redis
from flask import Flask

app = Flask(__name__)
store = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/ready")
def ready() -> dict[str, str]:
    store.ping()
    return {"status": "ok"}


@app.post("/visits")
def visit() -> tuple[dict[str, int], int]:
    return {"visits": store.incr("visits")}, 201


@app.get("/visits")
def visits() -> dict[str, int]:
    return {"visits": int(store.get("visits") or 0)}
