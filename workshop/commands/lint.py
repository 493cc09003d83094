"""Check style and manifests."""


def run(arguments: list[str]) -> int:
    """Run every check; `--fix` mends what can be mended."""
    return 0
