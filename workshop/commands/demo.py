"""To come."""


def run(arguments: list[str]) -> int:
    """Do nothing yet."""
    return 0
