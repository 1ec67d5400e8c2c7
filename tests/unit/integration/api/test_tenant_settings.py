"""What a tenant's administrator may change can be seen and changed over the API: all of it."""

from limen.identity.tenants.records import TenantSettings
from limen.integration.api.models.tenants import SettingsModel


def test_the_api_shows_every_setting_of_a_tenant() -> None:
    assert set(SettingsModel.model_fields) == set(TenantSettings.__struct_fields__)
