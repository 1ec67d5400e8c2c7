"""The stores of one tenant over one transaction, each made when it is first asked for.

A unit of work uses two or three of them; to make them all would cost it more than a statement.
"""

from abc import ABC, abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, Any

from limen.kernel.events import Event
from limen.kernel.ids import TenantId
from limen.storage.dialects import Dialect
from limen.storage.statements import Connection
from limen.storage.stores.account import SqlAccount
from limen.storage.stores.administrators import SqlAdministrators
from limen.storage.stores.archives import SqlArchives
from limen.storage.stores.attacks import SqlAttacks
from limen.storage.stores.audit import SqlAudit
from limen.storage.stores.catalogues import SqlDetailTypes, SqlResourceServers
from limen.storage.stores.clients import SqlClients, SqlReplays
from limen.storage.stores.consent_chain import SqlConsentChain
from limen.storage.stores.consents import SqlConsents
from limen.storage.stores.customers import SqlCustomers
from limen.storage.stores.destinations import SqlDestinations
from limen.storage.stores.factors import SqlFactors
from limen.storage.stores.grants import SqlGrants
from limen.storage.stores.idempotency import SqlIdempotency
from limen.storage.stores.imports import SqlImports
from limen.storage.stores.initial_tokens import SqlInitialTokens
from limen.storage.stores.journeys import SqlJourneys, SqlSetupLinks
from limen.storage.stores.keys import SqlSigningKeys
from limen.storage.stores.merges import SqlMerges
from limen.storage.stores.passwords import SqlPasswords
from limen.storage.stores.preferences import SqlPreferences
from limen.storage.stores.profiles import SqlProfiles
from limen.storage.stores.purposes import SqlPurposes
from limen.storage.stores.pushed import SqlPushed
from limen.storage.stores.rights import SqlPrivacyRequests, SqlProcessingLimits
from limen.storage.stores.risk import SqlRisk
from limen.storage.stores.rotations import SqlRotations
from limen.storage.stores.safety import SqlDevices, SqlLinks, SqlRecoveries
from limen.storage.stores.search import SqlSearch
from limen.storage.stores.sessions import SqlSessions
from limen.storage.stores.standings import SqlStandings
from limen.storage.stores.tenants import SqlTenantRegistry
from limen.storage.stores.tolls import SqlTolls
from limen.storage.stores.waiting import SqlFamilies, SqlWaiting

if TYPE_CHECKING:
    once = cached_property
else:

    class once(cached_property):  # noqa: N801 - it is used as the library's is
        """What is made when it is first asked for.

        Before Python 3.12 the library's takes a lock for that, which costs a unit as much as its statements do, and of
        which it has no need: it is in one task's hands.
        """

        def __get__(self, unit: Any, owner: type | None = None) -> Any:
            """Make it; from then on it is found in the unit itself."""
            if unit is None:
                return self
            made = unit.__dict__[self.attrname] = self.func(unit)
            return made


class Stores(ABC):
    """The stores of one tenant. None of their methods takes another."""

    tenant_id: TenantId
    _connection: Connection
    _dialect: Dialect
    """It knows how to put writes in order."""

    @abstractmethod
    def announce(self, event: Event, event_id: str | None = None) -> str:
        """Announce an event in this commit; return its identifier in the outbox, if it is delivered."""

    @abstractmethod
    def change(self, kind: str, key: str) -> None:
        """Tell every worker's caches that *key* of *kind* is not what it was."""

    @property
    def connection(self) -> Connection:
        """Return the open transaction, for storage's own work."""
        return self._connection

    @once
    def customers(self) -> SqlCustomers:
        """Return the customers."""
        return SqlCustomers(self._connection, self.tenant_id)

    @once
    def account(self) -> SqlAccount:
        """Return what hangs on a customer's account, and its deletion."""
        return SqlAccount(self._connection, self.tenant_id)

    @once
    def archives(self) -> SqlArchives:
        """Return the copies of their data that customers asked for."""
        return SqlArchives(self._connection, self.tenant_id)

    @once
    def preferences(self) -> SqlPreferences:
        """Return how customers want to be written to."""
        return SqlPreferences(self._connection, self.tenant_id)

    @once
    def privacy_requests(self) -> SqlPrivacyRequests:
        """Return by what customers exercise their rights."""
        return SqlPrivacyRequests(self._connection, self.tenant_id)

    @once
    def processing_limits(self) -> SqlProcessingLimits:
        """Return what may not be done with customers' data."""
        return SqlProcessingLimits(self._connection, self.tenant_id)

    @once
    def passwords(self) -> SqlPasswords:
        """Return their passwords."""
        return SqlPasswords(self._connection, self.tenant_id)

    @once
    def factors(self) -> SqlFactors:
        """Return their second factors."""
        return SqlFactors(self._connection, self.tenant_id, self._dialect)

    @once
    def standings(self) -> SqlStandings:
        """Return customers with their factors and the browsers that they trust."""
        return SqlStandings(self._connection, self.tenant_id)

    @once
    def merges(self) -> SqlMerges:
        """Return who was merged into whom."""
        return SqlMerges(self._connection, self.tenant_id)

    @once
    def search(self) -> SqlSearch:
        """Return the search indexes."""
        return SqlSearch(self._connection, self.tenant_id)

    @once
    def profiles(self) -> SqlProfiles:
        """Return how far they have been asked for what their profiles lack."""
        return SqlProfiles(self._connection, self.tenant_id)

    @once
    def recoveries(self) -> SqlRecoveries:
        """Return the recovery requests."""
        return SqlRecoveries(self._connection, self.tenant_id)

    @once
    def links(self) -> SqlLinks:
        """Return the links in notices."""
        return SqlLinks(self._connection, self.tenant_id)

    @once
    def devices(self) -> SqlDevices:
        """Return the devices that customers trust."""
        return SqlDevices(self._connection, self.tenant_id)

    @once
    def risk(self) -> SqlRisk:
        """Return what customers showed at sign-ins, and the counters of risk."""
        return SqlRisk(self._connection, self.tenant_id)

    @once
    def attacks(self) -> SqlAttacks:
        """Return the attacks that guards recognised."""
        return SqlAttacks(self._connection, self.tenant_id)

    @once
    def tolls(self) -> SqlTolls:
        """Return the counters of messages that cost money."""
        return SqlTolls(self._connection, self.tenant_id)

    @once
    def administrators(self) -> SqlAdministrators:
        """Return who administers."""
        return SqlAdministrators(self._connection, self.tenant_id)

    @once
    def clients(self) -> SqlClients:
        """Return the relying parties."""
        return SqlClients(self._connection, self.tenant_id)

    @once
    def initial_tokens(self) -> SqlInitialTokens:
        """Return the initial access tokens."""
        return SqlInitialTokens(self._connection, self.tenant_id)

    @once
    def replays(self) -> SqlReplays:
        """Return the identifiers that may not come twice."""
        return SqlReplays(self._connection, self.tenant_id)

    @once
    def resource_servers(self) -> SqlResourceServers:
        """Return the resource servers."""
        return SqlResourceServers(self._connection, self.tenant_id)

    @once
    def detail_types(self) -> SqlDetailTypes:
        """Return the types of authorization details."""
        return SqlDetailTypes(self._connection, self.tenant_id)

    @once
    def signing_keys(self) -> SqlSigningKeys:
        """Return the signing keys."""
        return SqlSigningKeys(self._connection, self.tenant_id)

    @once
    def sessions(self) -> SqlSessions:
        """Return browsers and sessions."""
        return SqlSessions(self._connection, self.tenant_id, self.change, self.announce)

    @once
    def journeys(self) -> SqlJourneys:
        """Return the journeys."""
        return SqlJourneys(self._connection, self.tenant_id)

    @once
    def grants(self) -> SqlGrants:
        """Return grants and codes."""
        return SqlGrants(self._connection, self.tenant_id, self.change)

    @once
    def waiting(self) -> SqlWaiting:
        """Return the requests that wait for an answer."""
        return SqlWaiting(self._connection, self.tenant_id)

    @once
    def families(self) -> SqlFamilies:
        """Return the families of refresh tokens."""
        return SqlFamilies(self._connection, self.tenant_id)

    @once
    def pushed(self) -> SqlPushed:
        """Return the pushed authorization requests."""
        return SqlPushed(self._connection, self.tenant_id)

    @once
    def consents(self) -> SqlConsents:
        """Return the consent ledger."""
        return SqlConsents(self._connection, self.tenant_id, self._dialect, self.change)

    @once
    def consent_chain(self) -> SqlConsentChain:
        """Return the chain over the consent ledger."""
        return SqlConsentChain(self._connection, self.tenant_id, self._dialect)

    @once
    def purposes(self) -> SqlPurposes:
        """Return the purposes."""
        return SqlPurposes(self._connection, self.tenant_id)

    @once
    def audit_log(self) -> SqlAudit:
        """Return the audit log."""
        return SqlAudit(self._connection, self.tenant_id)

    @once
    def rotations(self) -> SqlRotations:
        """Return the rotations of keys that take a while."""
        return SqlRotations(self._connection, self.tenant_id)

    @once
    def audit_destinations(self) -> SqlDestinations:
        """Return where the audit log is streamed to."""
        return SqlDestinations(self._connection, self.tenant_id)

    @once
    def imports(self) -> SqlImports:
        """Return the imports of customers."""
        return SqlImports(self._connection, self.tenant_id)

    @once
    def idempotency(self) -> SqlIdempotency:
        """Return the answers kept for repeated requests."""
        return SqlIdempotency(self._connection, self.tenant_id)

    @once
    def setup_links(self) -> SqlSetupLinks:
        """Return the set-up links."""
        return SqlSetupLinks(self._connection, self.tenant_id)

    @once
    def tenants(self) -> SqlTenantRegistry:
        """Return the registry of tenants, which spans them: for platform administration alone."""
        return SqlTenantRegistry(self._connection)
