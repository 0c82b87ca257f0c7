"""Without the closure leak: the thing of fixed.py in a Django project."""

from __future__ import annotations

import fixed
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


def leak(request: HttpRequest) -> JsonResponse:
    fixed.replace_thing()
    return JsonResponse({"slots": fixed.SLOTS})


urlpatterns = [path("leak", leak)]
app = get_asgi_application()  # or get_wsgi_application()
