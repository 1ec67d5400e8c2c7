"""The table of pages, and of the sections on them: a new part of the account page is a file and a row here."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from limen.experience.pages.account import (
    activity,
    applications,
    changes,
    claims,
    data,
    details,
    devices,
    held,
    here,
    merging,
    messaged,
    overview,
    passkeys,
    preferences,
    privacy,
    profile,
    recovery,
    rights,
    trusted,
    two_step,
)
from limen.experience.pages.account.look import Look, Shown, Taken, Turn

Show = Callable[[Look], Awaitable[Shown]]
Take = Callable[[Turn], Awaitable[Taken]]


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its name, which is its path below ``/account``, and its icon. Its words are ``account.page.<name>``."""

    name: str
    icon: str

    @property
    def path(self) -> str:
        """Return where it is, below the tenant's prefix."""
        return "/account" if self is OVERVIEW else f"/account/{self.name}"


@dataclass(frozen=True, slots=True)
class Section:
    """A row: the template ``account/_<name>.html``, on which page, what it shows, and intent to what takes its form."""

    name: str
    page: str
    show: Show
    takes: Mapping[str, Take] = field(default_factory=dict)


OVERVIEW: Final = Page("overview", "home")
PAGES: Final = (
    OVERVIEW,
    Page("profile", "person"),
    Page("security", "scope"),
    Page("devices", "device"),
    Page("applications", "plug"),
    Page("activity", "clock"),
    Page("privacy", "lock"),
)
SECTIONS: Final = (
    Section("recovery", "overview", recovery.show, recovery.TAKES),
    Section("overview", "overview", overview.show),
    Section("profile", "profile", profile.show, profile.TAKES),
    Section("claims", "profile", claims.show, claims.TAKES),
    Section("details", "profile", details.show, details.TAKES),
    Section("changes", "security", changes.show, changes.TAKES),
    Section("passkeys", "security", passkeys.show, passkeys.TAKES),
    Section("two_step", "security", two_step.show, two_step.TAKES),
    Section("messaged", "security", messaged.show, messaged.TAKES),
    Section("merging", "security", merging.show, merging.TAKES),
    Section("devices", "devices", devices.show, devices.TAKES),
    Section("trusted", "devices", trusted.show, trusted.TAKES),
    Section("here", "devices", here.show, here.TAKES),
    Section("applications", "applications", applications.show, applications.TAKES),
    Section("activity", "activity", activity.show),
    Section("privacy", "privacy", privacy.show, privacy.TAKES),
    Section("access", "privacy", applications.show, applications.TAKES),
    Section("preferences", "privacy", preferences.show, preferences.TAKES),
    Section("held", "privacy", held.show),
    Section("rights", "privacy", rights.show, rights.TAKES),
    Section("data", "privacy", data.show, data.TAKES),
)
"""In the order in which they stand on their pages."""
ANYWHERE: Final = (Section("leaving", "", data.show, {data.KEEP: data.keep}),)
"""What every page takes: the banner of an account that is to be deleted stands on all of them."""


def page_named(name: str) -> Page | None:
    """Return the page of this name; None where there is none."""
    return next((page for page in PAGES if page.name == name), None)


def sections_of(page: Page) -> tuple[Section, ...]:
    """Return the sections of a page, in order."""
    return tuple(section for section in SECTIONS if section.page == page.name)
