"""Pages and mails from templates."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import segno
from babel.dates import format_date, format_time, format_timedelta, get_datetime_format
from babel.numbers import format_decimal, format_percent
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from limen.experience.rendering.assets import StaticAssets
from limen.experience.rendering.brand import Brand
from limen.experience.rendering.catalogue import Catalogue
from limen.experience.rendering.locales import LOCALES, direction
from limen.experience.rendering.moulds import Moulds, frozen
from limen.kernel.clock import Instant, to_datetime

_TEMPLATES = Path(__file__).resolve().parent.parent / "templates"

_DEFAULTS: Mapping[str, Any] = {
    "prefix": "", "brand": Brand(), "nonce": "", "theme": "", "here": "", "zone": "", "languages": LOCALES
}  # fmt: skip
"""What a page may leave out: see ``templates/base.html``."""
_MAILS = "mail/"


Build = Callable[[Mapping[str, str]], Mapping[str, Any]]
"""Makes of fresh values what a template is given of them."""


@dataclass(frozen=True, slots=True)
class RenderedMail:
    """One message, in words and in HTML."""

    subject: str
    text: str
    html: str


class Renderer:
    """Renders templates; made once, used by every request."""

    def __init__(self, assets: StaticAssets) -> None:
        """Prepare the environment; *assets* gives the URLs of style and script."""
        self._assets = assets
        self._moulds = Moulds()
        self._environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=select_autoescape(enabled_extensions=("html",), default=False),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        # as characters, not as their numbers: a mould is cut at characters of ours, in JSON too
        self._environment.policies["json.dumps_kwargs"] = {"sort_keys": True, "ensure_ascii": False}
        self._environment.globals["icon"] = assets.icon
        self._environment.filters.update(isolate=_isolate, bold=_bold, mailbox=_mailbox, address=_address, qr=_qr)

    def render(self, template: str, locale: str, context: Mapping[str, Any]) -> str:
        """Return *template* (``steps/sign_in.html``) as text in *locale*.

        Raises:
            jinja2.TemplateNotFound: there is no such template.
            jinja2.UndefinedError: *context* lacks what the template needs.
            KeyError: the locale is none of ``LOCALES``.
        """
        values = {**_DEFAULTS, **context}
        words = _Words(Catalogue.for_locale(locale), values["zone"], on_page=not template.startswith(_MAILS))
        prefix = values["prefix"]
        return self._environment.get_template(template).render(
            values,
            locale=locale,
            dir=direction(locale),
            asset=lambda name: self._assets.url(name, prefix),
            **words.helpers(),
        )

    def render_fresh(
        self,
        template: str,
        locale: str,
        context: Mapping[str, Any],
        fresh: Mapping[str, str],
        build: Build = dict,
    ) -> str:
        """Return the same as :meth:`render` with *context* and what *build* makes of *fresh*, sooner.

        Only for pages whose *context* is nobody's in particular; the values of *fresh* are new each time.

        Raises:
            As :meth:`render`.
        """

        def anew(values: Mapping[str, str]) -> str:
            return self.render(template, locale, {**context, **build(values)})

        try:
            key = (template, locale, frozen(context))
        except TypeError:
            return anew(fresh)
        return self._moulds.fill(key, fresh, anew)

    def render_mail(self, name: str, locale: str, context: Mapping[str, Any]) -> RenderedMail:
        """Return the mail *name* (``verify_email``): its subject, its text and its HTML.

        Raises:
            As :meth:`render`.
        """
        brand: Brand = context.get("brand", _DEFAULTS["brand"])
        subject = Catalogue.for_locale(locale).text(f"mail.{name}.subject", brand=brand.name)
        values = {**context, "subject": subject}
        return RenderedMail(
            subject=" ".join(subject.split()),  # a header is one line, whatever a brand calls itself
            text=self.render(f"mail/{name}.txt", locale, values).strip() + "\n",
            html=self.render(f"mail/{name}.html", locale, values),
        )


def _isolate(text: str) -> Markup:
    """Return a foreign name that keeps its own writing direction."""
    return Markup("<bdi>{}</bdi>").format(text)


def _bold(text: str) -> Markup:
    """Return a foreign name set off from its sentence."""
    return Markup("<b>{}</b>").format(_isolate(text))


def _mailbox(text: str) -> Markup:
    """Return a mail address, written left to right in every language; where it is too long it breaks behind the @."""
    name, at, host = text.rpartition("@")
    return Markup('<bdi dir="ltr">{}{}<wbr>{}</bdi>').format(name, at, host)


def _address(text: str) -> Markup:
    """Return a mail address set off, and written left to right in every language; a number stays in one line."""
    whole = Markup(' class="whole"') if text.startswith("+") else ""
    return Markup('<b{}><bdi dir="ltr">{}</bdi></b>').format(whole, text)


@lru_cache(maxsize=1024)
def _zone(name: str) -> tzinfo | None:
    """Return the time zone of this name; None where there is none."""
    try:
        return ZoneInfo(name) if name else None
    except (OSError, ValueError, KeyError):  # what somebody imported is no zone, or one that this machine lacks
        return None


def _offset(moment: datetime) -> str:
    """Return how far from UTC *moment* is, ``+02:00``; nothing for UTC itself."""
    return moment.isoformat()[-6:] if moment.utcoffset() else ""


def _qr(text: str) -> Markup:
    """Return *text* as a QR code drawn in place: what it says appears in no address. Black on white in any theme."""
    drawn = segno.make_qr(text, error="m").svg_inline(scale=4, light="#fff", omitsize=True)
    return Markup(drawn)  # noqa: S704 - segno draws paths and quotes nothing of the text


class _Words:
    """What templates call to speak the reader's language."""

    def __init__(self, catalogue: Catalogue, zone: str, *, on_page: bool) -> None:
        self._catalogue, self._zone, self._on_page = catalogue, zone, on_page

    def helpers(self) -> dict[str, Any]:
        return {
            "_": self._catalogue.text,
            "explain": self._explain,
            "known": self._catalogue.__contains__,
            "duration": self._duration,
            "moment": self._moment,
            "percent": self._percent,
            "number": self._number,
            "country": self._country,
        }

    def _explain(self, key: str, values: Mapping[str, Any]) -> str:
        """Return the message of a refusal: *key*, else ``error.<key>``, else the general one. Never fails on a page."""
        for candidate in (key, f"error.{key}"):
            if candidate in self._catalogue:
                try:
                    return self._catalogue.text(candidate, **values)
                except KeyError:
                    break
        return self._catalogue.text("error.generic")

    def _country(self, code: str) -> str:
        """Return what a country (ISO 3166-1 alpha-2) is called; the code itself where it is unknown."""
        return str(self._catalogue.babel.territories.get(code.upper(), code))

    def _duration(self, seconds: int) -> str:
        """Return "10 minutes" in the reader's grammar (CLDR plural rules)."""
        return format_timedelta(timedelta(seconds=int(seconds)), threshold=1, locale=self._catalogue.babel)

    def _percent(self, share: float) -> str:
        """Return a share, in percent, as the reader writes it, to a hundredth."""
        return str(format_percent(Decimal(str(share)) / 100, format="0.##%", locale=self._catalogue.babel))

    def _number(self, count: int) -> str:
        """Return a count as the reader writes it: "1,753"."""
        return str(format_decimal(count, locale=self._catalogue.babel))

    def _moment(self, instant: Instant) -> str:
        """Return an instant as date and time of day, in the reader's zone, else in UTC, and saying so.

        Where the zone is not known a page says the instant to the browser as well, which knows its own.
        """
        locale, zone = self._catalogue.babel, _zone(self._zone)
        moment = to_datetime(int(instant)).replace(tzinfo=UTC)
        here = moment.astimezone(zone or UTC)
        time, date = format_time(here, "short", locale=locale), format_date(here, "medium", locale=locale)
        words = f"{str(get_datetime_format('medium', locale=locale)).format(time, date)} UTC{_offset(here)}"
        if not self._on_page:
            return words
        mark = Markup('<time datetime="{}"{}>{}</time>')
        return mark.format(f"{moment:%Y-%m-%dT%H:%M:%SZ}", Markup(" data-here") if zone is None else "", words)
