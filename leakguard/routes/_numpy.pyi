def connect(api: object) -> str | None:
    """Takes numpy's C API, the capsule `_ARRAY_API`, and enters the current context. None, or what
    is wrong with this numpy."""

def enter() -> None:
    """From here on the data of arrays made in the current context is sampled; where the application
    has a memory handler of its own that one stays."""

def entered() -> bool:
    """Whether the current context has our handler."""
