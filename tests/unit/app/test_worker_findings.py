"""What several workers have to share is said aloud where nothing shares it."""

import pytest

from limen.app.doctor.said import settings_findings
from limen.app.settings import Settings
from limen.app.settings.sections.serving import CacheSection, ServerSection
from limen.kernel.secret import Secret


@pytest.mark.parametrize(("workers", "url", "is_said"), [(1, "", 0), (4, "", 1), (4, "valkey://cache:6379", 0)])
def test_the_doctor_names_workers_that_share_no_cache(workers, url, is_said):
    settings = Settings(
        issuer="https://id.example",
        server=ServerSection(workers=workers),
        cache=CacheSection(url=Secret(url)),
    )
    found = [finding for finding in settings_findings(settings) if "cache.url" in finding.what]
    assert len(found) == is_said
    assert all("LIMEN_CACHE_URL" in finding.hint for finding in found)
