"""The kept images of an app, as the endpoint asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leakguard.explore.shelf import checked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from leakguard.explore.keeping import Keeping


class KeptImages:
    """What `keeping` keeps, looked at by explorers."""

    def __init__(self, keeping: Keeping) -> None:
        self._keeping = keeping

    def images(self) -> dict[str, Any]:
        """The images, newest first, and why there is no newer one ("" where there is)."""
        kept = [image.to_dict() for image in self._keeping.shelf.kept()]
        return {"images": kept, "note": self._keeping.why_not()}

    def has(self, image: str) -> bool:
        """Whether an image is kept."""
        return self._keeping.shelf.has(image)

    def ask(self, view: str, images: Sequence[str], given: Mapping[str, str]) -> bytes:
        """A view of kept images as JSON. Raises `ViewError`."""
        # a server of which nobody asks for a view need not have all that
        from leakguard.explore.explorers import Explorers

        return Explorers(self._keeping.shelf).ask(view, [checked(one) for one in images], given)

    def ask_files(self, view: str, files: Sequence[int], given: Mapping[str, str]) -> bytes:
        """A view of images in open files, which nobody keeps, as JSON. Raises `ViewError`."""
        from leakguard.explore.explorers import Explorers

        return Explorers(self._keeping.shelf).ask_files(view, files, given)
