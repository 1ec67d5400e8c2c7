"""What may be asked of other servers is a setting, and a weaker one is said aloud."""

import pytest

from limen.app.doctor.said import settings_findings
from limen.app.settings import Settings, require_servable
from limen.app.settings.sections.leaving import OutgoingSection
from limen.app.settings.sections.serving import ServerSection
from limen.kernel.errors import Misconfigured


def said(**outgoing):
    settings = Settings(issuer="https://id.example", outgoing=OutgoingSection(**outgoing))
    return [finding.what for finding in settings_findings(settings) if finding.what.startswith("outgoing.")]


def test_the_doctor_names_what_is_open():
    assert said() == []
    assert len(said(loopback=True)) == 1
    assert "10.20.0.0/16" in said(networks=("10.20.0.0/16",))[0]


@pytest.mark.parametrize(
    "settings",
    [
        Settings(issuer="https://id.example", outgoing=OutgoingSection(networks=("nowhere",))),
        Settings(
            issuer="https://id.example",
            server=ServerSection(host="0.0.0.0"),
            outgoing=OutgoingSection(loopback=True),
        ),
    ],
)
def test_what_must_not_be_served_is_refused(settings):
    with pytest.raises(Misconfigured):
        require_servable(settings)
