"""Findings as a person and as a program read them: text and JSON. Nothing is computed here."""

from __future__ import annotations

from leakguard.report.model import Report, RouteFigures

__all__ = ["Report", "RouteFigures"]
