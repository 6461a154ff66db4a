"""Turns titles into parts of URLs."""

import re
import unicodedata

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Title(BaseModel):
    title: str


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/slugs", status_code=201)
def make(title: Title) -> dict[str, str]:
    return {"slug": slug(title.title)}


@app.get("/slugs/{title}")
def show(title: str) -> dict[str, str]:
    return {"slug": slug(title)}


def slug(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall("[a-z0-9]+", plain))
