from __future__ import annotations

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

from leakguard import LeakGuard

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF=__name__, SECRET_KEY="for this test only"
)


async def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello, world")


urlpatterns = [path("", hello)]
app = LeakGuard(get_asgi_application())
