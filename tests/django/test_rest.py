"""Django REST framework: its views are views of URL patterns, each method a route of its own."""

from __future__ import annotations

import asyncio

import pytest
from django.http import HttpResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import include, path
from django.views import View
from django.views.generic import RedirectView, TemplateView
from rest_framework.decorators import action, api_view
from rest_framework.exceptions import PermissionDenied
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter, SimpleRouter
from rest_framework.urlpatterns import format_suffix_patterns
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet


class Items(ViewSet):
    def list(self, request):
        return Response(["tea"])

    def create(self, request):
        return Response({"name": request.data["name"]}, status=201)

    def retrieve(self, request, pk, format=None):  # noqa: A002  # as the framework names it
        if pk == "none":
            raise PermissionDenied
        return Response(pk)

    def update(self, request, pk):
        return Response(pk)

    def destroy(self, request, pk):
        return Response(status=204)

    @action(detail=True, methods=["post"])
    def restock(self, request, pk):
        raise RuntimeError("as a view may")

    @action(detail=False, url_path="best-sold")
    def best_sold(self, request):
        return Response([])


class Stock(APIView):
    def get(self, request, place, format=None):  # noqa: A002
        return Response(place)

    def put(self, request, place, format=None):  # noqa: A002
        return Response(place)


@api_view(["GET", "POST"])
def orders(request, number, format=None):  # noqa: A002
    return Response(number)


class Basket(View):
    async def get(self, request, pk):
        await asyncio.sleep(0)
        return HttpResponse("basket")

    async def delete(self, request, pk):
        return HttpResponse(status=204)


class Greeting(TemplateView):
    def render_to_response(self, context, **more):
        return HttpResponse(context["name"])


default, simple = DefaultRouter(), SimpleRouter(trailing_slash=False)
default.register("items", Items, basename="item")
simple.register("goods", Items, basename="goods")
urlpatterns = [
    path("api/v1/", include(default.urls)),
    path("api/v2/", include(simple.urls)),
    *format_suffix_patterns(
        [path("stock/<slug:place>", Stock.as_view()), path("orders/<int:number>", orders)]
    ),
    path("basket/<int:pk>/", Basket.as_view()),
    path("hello/<str:name>/", Greeting.as_view()),
    path("moved/<int:pk>/", RedirectView.as_view(url="/hello/%(pk)s/")),
]
REST = {"DEFAULT_AUTHENTICATION_CLASSES": [], "UNAUTHENTICATED_USER": None}


@pytest.fixture(autouse=True)
def rest():
    renderers = ["rest_framework.renderers.JSONRenderer"]
    with override_settings(
        INSTALLED_APPS=["leakguard_django", "rest_framework"],
        REST_FRAMEWORK={**REST, "DEFAULT_RENDERER_CLASSES": renderers},
    ):
        yield


def ask(way, asked):
    """The status of the answer to "METHOD /path"."""
    method, address = asked.split()
    client = way(raise_request_exception=False)
    body = ('{"name": "tea"}', "application/json") if method in ("POST", "PUT") else ()
    answer = getattr(client, method.lower())(address, *body)
    return (asyncio.run(answer) if way is AsyncClient else answer).status_code


@pytest.mark.parametrize("way", [Client, AsyncClient])
@pytest.mark.parametrize(
    ("asked", "status", "route"),
    [
        ("GET /api/v1/", 200, "/api/v1/"),
        ("GET /api/v1/items/", 200, "/api/v1/items/$"),
        ("POST /api/v1/items/", 201, "/api/v1/items/$"),
        ("GET /api/v1/items/7/", 200, "/api/v1/items/(?P<pk>[^/.]+)/$"),
        ("GET /api/v1/items/none/", 403, "/api/v1/items/(?P<pk>[^/.]+)/$"),
        ("PUT /api/v1/items/7/", 200, "/api/v1/items/(?P<pk>[^/.]+)/$"),
        ("DELETE /api/v1/items/7/", 204, "/api/v1/items/(?P<pk>[^/.]+)/$"),
        ("PATCH /api/v1/items/7/", 405, "/api/v1/items/(?P<pk>[^/.]+)/$"),
        ("POST /api/v1/items/7/restock/", 500, "/api/v1/items/(?P<pk>[^/.]+)/restock/$"),
        ("GET /api/v1/items/best-sold/", 200, "/api/v1/items/best-sold/$"),
        (
            "GET /api/v1/items/7.json",
            200,
            "/api/v1/items/(?P<pk>[^/.]+)\\.(?P<format>[a-z0-9]+)/?$",
        ),
        ("GET /api/v2/goods/7", 200, "/api/v2/goods/(?P<pk>[^/.]+)$"),
        ("GET /stock/north", 200, "/stock/<slug:place>"),
        ("PUT /stock/north", 200, "/stock/<slug:place>"),
        ("GET /stock/north.json", 200, "/stock/<slug:place><drf_format_suffix:format>"),
        ("POST /orders/7", 200, "/orders/<int:number>"),
        ("GET /orders/7.json", 200, "/orders/<int:number><drf_format_suffix:format>"),
        ("GET /basket/7/", 200, "/basket/<int:pk>/"),
        ("DELETE /basket/7/", 204, "/basket/<int:pk>/"),
        ("GET /hello/ann/", 200, "/hello/<str:name>/"),
        ("GET /moved/7/", 302, "/moved/<int:pk>/"),
    ],
)
def test_a_method_of_a_pattern_is_a_route(way, asked, status, route, counted):
    assert ask(way, asked) == status
    method = asked.partition(" ")[0]
    assert counted() == {f"{method} {route}": (1, int(status == 500), 0)}


@pytest.mark.parametrize("way", [Client, AsyncClient])
def test_what_no_viewset_has_is_unmatched(way, counted):
    for asked in ("GET /api/v1/tea/", "GET /api/v3/items/", "GET /stock/a/b"):
        assert ask(way, asked) == 404
    assert counted() == {"(unmatched)": (3, 0, 0)}
