"""A browser in words that its owner recognises: "Firefox, Windows". Coarse on purpose, and never stored."""

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrom", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


_HANDHELD = ("iPhone", "Android", "Mobile", "iPad")


def is_handheld(user_agent: str) -> bool:
    """Tell whether the user agent is one of a telephone or a tablet."""
    return any(mark in user_agent for mark in _HANDHELD)


def describe_device(user_agent: str) -> str:
    """Return browser and system, as far as the user agent tells; empty where it tells nothing."""
    found = [next((name for mark, name in marks if mark in user_agent), "") for marks in (_BROWSERS, _SYSTEMS)]
    return ", ".join(name for name in found if name)
