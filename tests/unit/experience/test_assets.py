"""Assets keep their promise: one name, one content, for good."""

import re
from pathlib import Path
from shutil import copytree

import limen.experience
from limen.experience.rendering import StaticAssets

_STATIC = Path(limen.experience.__file__).parent / "static"


def test_a_url_leads_to_its_asset() -> None:
    assets = StaticAssets()
    url = assets.url("limen.css", "/t/acme")
    asset = assets.get(url.removeprefix("/t/acme/static/"))
    assert asset is not None
    assert b"--accent" in asset.body
    assert dict(asset.headers) == {
        "content-type": "text/css; charset=utf-8",
        "cache-control": "public, max-age=31536000, immutable",
        "x-content-type-options": "nosniff",
    }


def test_other_bytes_have_another_name(tmp_path: Path) -> None:
    copy = Path(copytree(_STATIC, tmp_path / "static"))
    before = StaticAssets(copy).url("limen.css")
    (copy / "css" / "print.css").write_text("/* changed */")
    assert StaticAssets(copy).url("limen.css") != before


def test_what_is_not_an_asset_is_not_served() -> None:
    assets = StaticAssets()
    assert [assets.get(name) for name in ("", "limen.css", "../limen.js", "limen.000000000000.css")] == [None] * 4


def test_every_style_sheet_is_in_the_bundle_without_its_remarks() -> None:
    bundle = next(asset.body for asset in StaticAssets() if asset.name.endswith(".css"))
    for path in (_STATIC / "css").iterdir():
        lines = [line.strip() for line in path.read_bytes().splitlines()]
        rules = b"\n".join(line for line in lines if line and not line.startswith(b"/*"))
        assert re.sub(rb"\s*/\*.*?\*/", b"", rules) in bundle
    assert b"/*" not in bundle
    assert b"\n " not in bundle


def test_where_the_system_chooses_the_colours_the_main_button_is_told_by_its_edge() -> None:
    _, forced = (_STATIC / "css" / "forms.css").read_text().split("@media (forced-colors: active)")
    rules = {
        name: dict(re.findall(r"([\w-]+): ([^;]+);", rule)) for name, rule in re.findall(r"(\..+) \{([^}]+)", forced)
    }
    main = rules[".button:not(.button--plain, .button--bad)"]
    assert (main["border-width"], rules[".button"].get("border-width")) == ("3px", None)
    assert {main["border-color"], rules[".button"]["border-color"]} == {"Highlight", "ButtonText"}


def test_script_holds_no_words_and_no_markup() -> None:
    script = (_STATIC / "limen.js").read_text()
    assert [
        word for word in ("innerHTML", "insertAdjacentHTML", "document.write", "eval(", "alert(") if word in script
    ] == []
