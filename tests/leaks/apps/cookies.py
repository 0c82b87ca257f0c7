"""aiohttp: the cookie jar keeps an empty cookie for each path that was asked for."""

from __future__ import annotations

import aiohttp
from serving import serving
from yarl import URL

jars = []


async def fetch(number):
    if not jars:
        jars.append(aiohttp.CookieJar())
        jars[0].update_cookies({"visitor": "yes"}, URL("http://api.example/"))
    jars[0].filter_cookies(URL(f"http://api.example/items/{number}"))


app = serving({"/fetch/{n}": fetch})
