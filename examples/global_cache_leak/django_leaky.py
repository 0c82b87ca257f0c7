"""The global cache leak of leaky.py in a Django project."""

from __future__ import annotations

import leaky
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path

settings.configure(
    INSTALLED_APPS=["leakguard_django"],
    MIDDLEWARE=["leakguard_django.LeakGuard"],
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="only for this example",
)


def arr(request: HttpRequest) -> JsonResponse:
    leaky.ARR.append([None] * leaky.SLOTS)  # 8 bytes a slot
    return JsonResponse({"held": len(leaky.ARR)})


urlpatterns = [path("arr", arr)]
app = get_asgi_application()  # or get_wsgi_application()
