"""The listener leak of leaky.py in a Django project; a thread runs its client."""

from __future__ import annotations

import asyncio
import threading

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path
from leaky import client

settings.configure(
    INSTALLED_APPS=["leakguard_django"],
    MIDDLEWARE=["leakguard_django.LeakGuard"],
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="only for this example",
)


def attempts(request: HttpRequest) -> JsonResponse:
    listeners = len(client.emitter.listeners("connect"))
    return JsonResponse({"attempts": client.attempts, "listeners": listeners})


threading.Thread(target=asyncio.run, args=[client.run()], name="client", daemon=True).start()


urlpatterns = [path("attempts", attempts)]
app = get_asgi_application()  # or get_wsgi_application()
