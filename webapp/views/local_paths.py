"""Where a page may lead after a form: to this site and nowhere else."""

from urllib.parse import urlsplit


def is_local(target: str) -> bool:
    """Whether `target` is a path of this site. Browsers take a backslash for a slash and `//host` for a host."""
    if not target.startswith("/") or target.startswith(("//", "/\\")) or not target.isprintable():
        return False
    parts = urlsplit(target)
    return not parts.scheme and not parts.netloc
