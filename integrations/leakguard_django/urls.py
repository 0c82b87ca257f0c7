"""`path("ops/leak/", include("leakguard_django.urls"))`: the endpoint at an address of yours."""

from __future__ import annotations

from django.urls import path

from leakguard_django import views

app_name = "leakguard"
urlpatterns = [
    path("", views.report, name="report"),
    path("<path:below>", views.report, name="action"),
]
