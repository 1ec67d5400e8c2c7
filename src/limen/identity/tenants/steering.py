"""What an operator changes while an attack is under way: settings like any other, on record, and undone alike."""

from ipaddress import ip_network

import msgspec

from limen.identity.tenants.records import TenantSettings


def with_blocked(settings: TenantSettings, network: str) -> TenantSettings:
    """Return *settings* that keep *network* out; what is no network is left for validation to refuse."""
    named = _canonical(network)
    if named in settings.networks.blocked:
        return settings
    return _blocking(settings, (*settings.networks.blocked, named))


def without_blocked(settings: TenantSettings, network: str) -> TenantSettings:
    """Return *settings* that let *network* in again."""
    named = _canonical(network)
    return _blocking(settings, tuple(one for one in settings.networks.blocked if _canonical(one) != named))


def with_bar(settings: TenantSettings, *, raised: bool) -> TenantSettings:
    """Return *settings* under which unknown devices are treated as in an attack, or only while there is one."""
    attacks = msgspec.structs.replace(settings.attacks, bar="raised" if raised else "auto")
    return msgspec.structs.replace(settings, attacks=attacks)


def _blocking(settings: TenantSettings, blocked: tuple[str, ...]) -> TenantSettings:
    networks = msgspec.structs.replace(settings.networks, blocked=blocked)
    return msgspec.structs.replace(settings, networks=networks)


def _canonical(text: str) -> str:
    try:
        return str(ip_network(text.strip(), strict=False))
    except ValueError:
        return text.strip()[:64]
