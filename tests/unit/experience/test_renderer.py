"""Every page and mail, in every language, holds to what pages here must hold to."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jinja2 import TemplateNotFound, UndefinedError

import limen.experience
from limen.experience.rendering import LOCALES, Brand, RenderedMail, Renderer, StaticAssets, direction
from tests.unit.experience.samples import EMAIL, MAILS, PAGES

_TEMPLATES = Path(limen.experience.__file__).parent / "templates"
_VOID = {"meta", "link", "input", "br", "wbr", "img", "circle", "rect", "path"}
_BUDGET = 50_000
_HOSTILE = "\"><script>alert('x')</script>&{{ 7*7 }}"

_assets = StaticAssets()
_renderer = Renderer(_assets)


class _Page(HTMLParser):
    """The elements of a page, and whether they nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.unbalanced: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.unbalanced += self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.unbalanced.append(tag)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def _render(sample: str, locale: str = "en", **more: Any) -> str:
    template, context = PAGES[sample]
    return _renderer.render(template, locale, {**context, "nonce": "n0nce", **more})


def _page(sample: str, locale: str = "en", **more: Any) -> _Page:
    return _Page(_render(sample, locale, **more))


def _mail(name: str, locale: str = "en", **more: Any) -> RenderedMail:
    return _renderer.render_mail(name, locale, {**MAILS[name], "brand": Brand(), **more})


def test_every_template_has_a_sample() -> None:
    pages = {str(path.relative_to(_TEMPLATES)) for path in _TEMPLATES.rglob("*.*") if not path.name.startswith("_")}
    mails = {f"mail/{name}.{kind}" for name in MAILS for kind in ("txt", "html")}
    assert pages - {"base.html"} == {template for template, _ in PAGES.values()} | mails


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("sample", PAGES)
def test_a_page_names_its_language_and_nests(sample: str, locale: str) -> None:
    page = _page(sample, locale)
    root = page.all("html")[0]
    assert (root["lang"], root["dir"]) == (locale, direction(locale))
    assert page.unbalanced == []


@pytest.mark.parametrize("sample", PAGES)
def test_a_page_obeys_the_strict_content_security_policy(sample: str) -> None:
    page = _page(sample)
    inline = [
        (tag, name)
        for tag, attributes in page.elements
        for name in attributes
        if name == "style" or name.startswith("on")
    ]
    assert inline == []
    assert [style["nonce"] for style in page.all("style")] == ["n0nce"]
    [script] = page.all("script")
    names = ("limen.js", "passkeys.js", "limen-manner.js", "passkeys-manner.js")
    assert script["src"] in {_assets.url(name) for name in names}
    assert script["nonce"] == "n0nce"


@pytest.mark.parametrize("sample", PAGES)
def test_a_page_weighs_little_and_asks_for_style_and_script_only(sample: str) -> None:
    html = _render(sample)
    fetched = re.findall(r'(?:src|href)="(/static/[^"]+)"', html)
    script = f"{'passkeys' if 'data-passkey' in html else 'limen'}{'-manner' * ('data-manner' in html)}.js"
    assert fetched == [_assets.url(name) for name in ("limen.css", script)]
    weights = {f"/static/{asset.name}": len(asset.body) for asset in _assets}
    assert len(html.encode()) + sum(weights[name] for name in fetched) < _BUDGET


@pytest.mark.parametrize("sample", PAGES)
def test_identifiers_are_unique_and_what_refers_to_them_finds_them(sample: str) -> None:
    page = _page(sample)
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    names = [
        attributes.get(name) or ""
        for _, attributes in page.elements
        for name in ("for", "aria-describedby", "aria-controls")
    ]
    anchors = [(link["href"] or "")[1:] for link in page.all("a") if (link["href"] or "").startswith("#")]
    assert {part for name in (*names, *anchors) for part in name.split()} <= set(ids)


@pytest.mark.parametrize("sample", PAGES)
def test_every_field_has_a_label_and_says_how_to_fill_it(sample: str) -> None:
    page = _page(sample)
    labelled = {label["for"] for label in page.all("label")}
    fields = [field for field in page.all("input") if field["type"] != "hidden" and "aria-hidden" not in field]
    assert all(field["id"] in labelled and field["autocomplete"] for field in fields)


@pytest.mark.parametrize("sample", [name for name in PAGES if name not in {"form_post", "unsubscribe"}])  # no cookie
def test_every_form_posts_its_token(sample: str) -> None:
    page = _page(sample)
    forms = page.all("form")
    assert all(form["method"] == "post" for form in forms)
    tokens = [field for field in page.all("input") if field.get("name") == "csrf"]
    assert len(tokens) == len(forms)
    assert all(field["value"] for field in tokens)


@pytest.mark.parametrize("sample", [name for name, (template, _) in PAGES.items() if template.startswith("steps/")])
def test_a_step_posts_its_version(sample: str) -> None:
    page = _page(sample)
    versions = [field["value"] for field in page.all("input") if field.get("name") == "version"]
    assert versions == ["3"] * len(page.all("form"))


def test_form_post_sends_nothing_of_ours() -> None:
    """The form leaves for the client: our token must not go along."""
    assert {field["name"] for field in _page("form_post").all("input")} == {"code"}


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        ("sign_in", {"email": "username webauthn", "password": "current-password"}),
        ("sign_up", {"name": "name", "email": "username", "password": "new-password", "website": "off"}),
        ("new_password", {"username": "username", "password": "new-password"}),
        ("verify_email", {"code": "one-time-code"}),
        ("setup", {"email": "username", "password": "new-password"}),
    ],
)
def test_password_managers_are_told_what_is_what(sample: str, expected: dict[str, str]) -> None:
    fields = [field for field in _page(sample).all("input") if field["type"] != "hidden"]
    assert {field["name"]: field["autocomplete"] for field in fields} == expected


def test_the_primary_button_comes_first_so_that_enter_presses_it() -> None:
    for sample in ("sign_in", "sign_up", "verify_email", "recover"):
        submits = [button for button in _page(sample).all("button") if button["type"] == "submit"]
        assert "name" not in submits[0]
        assert all(button["name"] == "intent" for button in submits[1:])


def test_what_removes_something_of_the_account_looks_like_it_there_and_where_it_is_confirmed() -> None:
    asked, confirmed = {}, {}
    for sample in PAGES:
        buttons = [one for one in _page(sample).all("button") if one["type"] == "submit"]
        intents = [(one.get("value") or "", "button--bad" in (one.get("class") or "")) for one in buttons]
        asked |= {intent: bad for intent, bad in intents if intent.startswith(("remove_", "rename_", "delete_"))}
        if sample.endswith(("remove", "rename", "primary", "delete_account")):
            confirmed[sample] = intents[0]
    harmless = {"rename_passkey", "passkey_rename", "one_contact_primary"}
    removed = {"app", "email", "identity", "mailed_codes", "number", "passkey", "phone"}
    assert asked == {f"remove_{one}": True for one in removed} | {"delete_account": True, "rename_passkey": False}
    assert {"passkey_remove", "phone_remove", "delete_account", *harmless} - {"rename_passkey"} <= set(confirmed)
    assert {sample: bad for sample, (_, bad) in confirmed.items()} == {one: one not in harmless for one in confirmed}


def test_a_wrong_field_is_marked_tied_to_its_message_and_focused() -> None:
    html = _render("sign_up_wrong")
    fields = {field.get("name"): field for field in _Page(html).all("input")}
    assert fields["email"]["aria-describedby"] == "email-error email-hint"
    assert [name for name, field in fields.items() if "autofocus" in field] == ["email"]
    assert [name for name, field in fields.items() if "aria-invalid" in field] == ["email", "password"]
    assert 'role="alert"' in html


def test_what_is_wrong_with_no_field_is_read_out_at_the_one_to_type_again() -> None:
    page = _page("sign_in_wrong")
    focused = [field for field in page.all("input") if "autofocus" in field]
    assert [(field["name"], field["aria-describedby"]) for field in focused] == [("password", "problems")]
    assert "problems" in [one.get("id") for one in page.all("div")]


def test_a_password_is_never_sent_back() -> None:
    html = _renderer.render(
        "steps/sign_in.html",
        "en",
        {
            **PAGES["sign_in"][1],
            "view": {**PAGES["sign_in"][1]["view"], "values": {"email": EMAIL, "password": "hunter2hunter2"}},
        },
    )
    assert "hunter2" not in html


@pytest.mark.parametrize("key", ["error.throttled", "throttled"])
def test_an_error_is_named_by_its_key_or_its_bare_code(key: str) -> None:
    view = {**PAGES["sign_in"][1]["view"], "errors": {"": key}}
    assert "Too many attempts" in _render("sign_in", view=view)


def test_an_error_without_words_is_still_a_page() -> None:
    view = {**PAGES["sign_in"][1]["view"], "errors": {"": "never_heard_of"}}
    assert "That did not work" in _render("sign_in", view=view)


@pytest.mark.parametrize("sample", PAGES)
def test_nothing_a_stranger_wrote_becomes_markup(sample: str) -> None:
    template, context = PAGES[sample]
    html = _renderer.render(template, "en", {**_poison(context), "brand": Brand(name=_HOSTILE)})
    assert "<script>alert" not in html
    assert "49" not in re.sub(r"req_\w+", "", html).split("</head>")[1] or "{{ 7*7 }}" in html


def test_a_missing_value_is_an_error_and_not_a_gap() -> None:
    with pytest.raises(UndefinedError):
        _renderer.render("link_code.html", "en", {"code": "1"})


@pytest.mark.parametrize("name", ["no_such.html", "../static/limen.js", "../../../../pyproject.toml"])
def test_only_templates_are_rendered(name: str) -> None:
    with pytest.raises(TemplateNotFound):
        _renderer.render(name, "en", {})


def test_a_tenant_keeps_its_prefix_its_look_and_its_theme() -> None:
    html = _render("sign_in", prefix="/t/acme", brand=Brand("Acme", "#663399", "/logo.svg"), theme="dark")
    assert "/t/acme/static/limen." in html
    assert '<img src="/logo.svg"' in html
    assert "--brand:#663399" in html
    assert 'data-theme="dark"' in html


def test_the_language_can_be_changed_where_one_is() -> None:
    links = [link["href"] for link in _page("sign_in", here="/a?b=c").all("a") if "hreflang" in link]
    assert links == ["/a?b=c&ui_locales=de", "/a?b=c&ui_locales=ar"]


def test_a_well_known_scope_is_told_in_words_and_another_by_its_description() -> None:
    html = _render("consent", "de")
    assert "Ihre E-Mail-Adresse sehen" in html
    assert "Read your orders" in html


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", MAILS)
def test_a_mail_speaks_one_language_in_both_forms(name: str, locale: str) -> None:
    mail = _mail(name, locale)
    assert "Limen" in mail.subject
    root = _Page(mail.html).all("html")[0]
    assert (root["lang"], root["dir"]) == (locale, direction(locale))
    assert _Page(mail.html).unbalanced == []
    assert "<" not in mail.text
    assert "&amp;" not in mail.text


@pytest.mark.parametrize("name", ["verify_email", "reset_password"])
def test_a_mail_with_a_code_has_its_link_too_in_both_forms(name: str) -> None:
    mail = _mail(name)
    context = MAILS[name]
    assert context["code"] in mail.text
    assert context["link"] in mail.text.splitlines()
    assert context["code"] in mail.html
    assert [link["href"] for link in _Page(mail.html).all("a")] == [context["link"]]
    assert context["code"] not in mail.subject


def test_a_brand_cannot_break_a_mail_header() -> None:
    assert "\n" not in _mail("verify_email", brand=Brand("Limen\nBcc: everyone@example.org")).subject


def test_a_mail_loads_nothing() -> None:
    for name in MAILS:
        assert [tag for tag, _ in _Page(_mail(name).html).elements if tag in {"img", "script", "link", "iframe"}] == []


@pytest.mark.parametrize(
    ("zone", "words", "helps"),
    [
        ("Asia/Kolkata", "7:43\u202fPM UTC+05:30</time>", False),
        ("Europe/Berlin", "4:13\u202fPM UTC+02:00</time>", False),
        ("UTC", "2:13\u202fPM UTC</time>", False),
        ("", "2:13\u202fPM UTC</time>", True),
        ("Nowhere/At_all", "2:13\u202fPM UTC</time>", True),
        ("../../../etc/localtime", "2:13\u202fPM UTC</time>", True),
    ],
)
def test_a_moment_is_told_in_the_readers_zone_and_the_browser_helps_where_none_is_known(
    zone: str, words: str, helps: bool
) -> None:
    html = _render("account_trusted", zone=zone)
    assert (words in html, "data-here" in html) == (True, helps)
    assert 'datetime="2026-09-21T14:13:20Z"' in html


def _poison(value: Any) -> Any:
    """Return *value* with every free text replaced by an attack; keys, names of things and addresses stay."""
    if isinstance(value, dict):
        return {key: part if key in _KEPT else _poison(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_poison(part) for part in value]
    return _HOSTILE if isinstance(value, str) else value


_KEPT = {
    *("page", "pages", "state", "basis", "decision", "purpose", "role", "kind", "kinds", "channel", "frequencies"),
    *("label", "title", "message", "errors", "notice", "feedback", "law", "asked_by", "may"),
}
"""Names of things: keys of messages and the like."""
