"""One object gets an attribute for each user."""

from __future__ import annotations

from serving import serving


class Settings:
    pass


settings = Settings()


def save(number):
    setattr(settings, f"user_{number}", [number] * 20)


app = serving({"/save/{n}": save})
