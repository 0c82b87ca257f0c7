"""Modules that are first needed late, and stay."""

from __future__ import annotations

import importlib

from serving import serving

LATE = {120: "xml.dom.minidom", 150: "sqlite3", 180: "email.mime.multipart", 210: "wave"}


def export(number):
    if number in LATE:
        importlib.import_module(LATE[number])


app = serving({"/export/{n}": export})
