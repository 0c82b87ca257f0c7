"""The settings dict `LEAKGUARD` of a Django project: keys as in `leakguard.settings.Settings`.

Keys may be in upper case. An environment variable LEAKGUARD_* wins over the dict.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings as project
from django.utils.module_loading import import_string

from leakguard.errors import SettingsError
from leakguard.settings import FrameworkSettings, Settings

NAME = "LEAKGUARD"


def build() -> Settings:
    """The settings of the project as it is configured.

    Raises `SettingsError` for a key that does not exist (naming the close match) and for a value
    that cannot be used.
    """
    try:
        return Settings.build(FrameworkSettings(f"key of {NAME}", str, _values()))
    except SettingsError as error:
        raise SettingsError(f"{error} (see {NAME} in the settings of the project)") from None


def _values() -> dict[str, object]:
    given = getattr(project, NAME, {})
    if not isinstance(given, Mapping):
        raise SettingsError(
            f"{NAME} must be a dict of options such as {{'token': ...}}, "
            f"not a {type(given).__name__}"
        )
    values: dict[str, object] = {}
    for key, value in given.items():
        if not isinstance(key, str):
            raise SettingsError(f"{NAME} has a key of type {type(key).__name__}; keys are names")
        if key.lower() in values:
            raise SettingsError(f"{NAME} has {key.lower()!r} twice, in upper and in lower case")
        values[key.lower()] = value
    authorize = values.get("authorize")
    if isinstance(authorize, str):
        try:
            values["authorize"] = import_string(authorize)
        except ImportError as error:
            raise SettingsError(f"{NAME}['authorize'] cannot be imported: {error}") from error
    return values
