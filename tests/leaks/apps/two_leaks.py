"""Two leaks on two routes, beside a cache that warms up to the products there are."""

from __future__ import annotations

from serving import serving

ORDERS = []
BY_SESSION = {}
PRODUCTS = {}


class Order:
    def __init__(self, number):
        self.lines = [f"line {number} {at}" for at in range(12)]


class Visit:
    def __init__(self, number):
        self.pages = [f"page {number}"]


def order(number):
    ORDERS.append(Order(number))


def visit(number):
    BY_SESSION[f"session {number}"] = Visit(number)


def product(number):
    key = number * 7919 % 60
    if key not in PRODUCTS:
        PRODUCTS[key] = [f"{key} {at}" for at in range(40)]


app = serving({"/order/{n}": order, "/visit/{n}": visit, "/product/{n}": product})
