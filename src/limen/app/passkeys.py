"""What is known of passkey models: where it lies, and who is asked."""

from pathlib import Path

from limen.access.outgoing import Outgoing
from limen.app.settings import Settings
from limen.integration.outgoing.passkey_models import Count, MetadataSource, ModelKeeper
from limen.kernel.clock import Clock


def metadata_source(settings: Settings) -> MetadataSource | None:
    """Return where metadata comes from; None where no root is named that it could be signed under."""
    given = settings.passkeys
    if not given.metadata_root:
        return None
    copy = Path(settings.data_dir) / "passkeys" / "metadata.jwt"
    return MetadataSource(given.metadata_url, Path(given.metadata_root), copy, given.metadata_seconds)


def model_keeper(settings: Settings, outgoing: Outgoing, clock: Clock, count: Count) -> ModelKeeper:
    """Return what keeps it current."""
    return ModelKeeper(metadata_source(settings), outgoing, clock, count)
