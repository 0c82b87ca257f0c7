from __future__ import annotations

from fastapi import FastAPI

from leakguard import LeakGuard

app = FastAPI()
app.add_middleware(LeakGuard)


@app.get("/")
async def hello() -> dict[str, str]:
    return {"hello": "world"}
