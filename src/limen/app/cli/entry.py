"""The list of commands, and where every error ends."""

import os
import select
import sys
from collections.abc import Callable, Sequence
from typing import Any

from cyclopts import App, CycloptsError

from limen.kernel.errors import Misconfigured

_COMMANDS = {
    "serve": ("serving:serve", "Serve until told to stop."),
    "demo": ("demo:demo", "Start Limen with a demo tenant, a mailbox and a demo application."),
    "migrate": ("migrating:migrate", "Bring the databases to this version."),
    "apply": ("declaring:apply", "Make a tenant what a file says."),
    "export": ("declaring:export", "Write a tenant as such a file, without secrets."),
    "import": ("importing:import_customers", "Bring customers in from another system."),
    "doctor": ("doctor:doctor", "List weaker settings, and what holds where a guard cannot ask."),
    "version": ("about:version", "Show versions."),
}
_GROUPS = {
    "admin": (
        "Administrators.",
        {"create": ("admin:create", "Make an administrator, or a link that makes the first.")},
    ),
    "audit": (
        "The audit log.",
        {
            "query": ("audit_query:query", "Read a tenant's log, newest first."),
            "verify": ("audit:verify", "Verify every chain and every checkpoint, or an exported file."),
            "export": ("audit:export", "Write a tenant's log to a file that verifies off line."),
            "checkpoint": ("audit:checkpoint", "Give out the newest signed checkpoints, for a witness."),
        },
    ),
    "customer": (
        "Customers.",
        {
            "sign-out": ("customer:sign_out", "End every session and token of a customer, everywhere."),
            "erase-again": ("customer:erase_again", "After a restore: erase anew whoever was erased since the backup."),
        },
    ),
    "customers": (
        "All customers of a tenant.",
        {"export": ("exporting:export", "Write every customer as a line that limen import takes.")},
    ),
    "keys": (
        "Signing keys, tenants' keys, the root key.",
        {
            "rotate": ("keys:rotate", "Rotate the signing keys of all tenants, or of one."),
            "rotate-tenant": ("keys:rotate_tenant", "Give a tenant a new version of the key that seals."),
            "rotate-customers": ("keys:rotate_customers", "Give every customer of a tenant a new key."),
            "rotate-customer": ("keys:rotate_customer", "Give one customer a new key."),
            "progress": ("keys:progress", "Show how far such rotations are."),
            "rotate-root": ("keys:rotate_root", "Make a new root key and wrap all tenants' keys under it."),
            "destroy-root": ("keys:destroy_root", "Destroy a retired root key."),
        },
    ),
    "ledger": (
        "The consent ledger.",
        {
            "export": ("ledger:export", "Write a tenant's consent ledger to a file that verifies off line."),
            "verify": ("ledger_verify:verify", "Verify such a file, a receipt or a proof, without a database."),
            "checkpoint": ("ledger:checkpoint", "Give out the newest signed checkpoints, for a witness."),
        },
    ),
    "tenant": (
        "Tenants.",
        {
            "destroy": ("tenant:destroy", "Destroy every key of a tenant and of its customers."),
            "migration-secret": ("tenant:migration_secret", "Show what signs the questions to a tenant's old system."),
        },
    ),
    "registration": (
        "Clients that register themselves.",
        {"token": ("registration:token", "Make an initial access token.")},
    ),
    "threats": (
        "What is known before anybody comes.",
        {
            "build-corpus": ("threats:build_corpus", "Make the set of breached passwords of a list."),
            "test-rules": ("threats:try_rules", "Try patterns of fraud on a tenant's audit log."),
        },
    ),
    "risk": (
        "How likely it is somebody else.",
        {"what-if": ("risk:what_if", "Replay past decisions under other thresholds.")},
    ),
    "settings": (
        "Settings.",
        {
            "schema": ("about:schema", "Show the JSON Schema of the settings."),
            "reference": ("about:reference", "Show the reference page of the settings."),
        },
    ),
}
DEBUG = "--debug"


def make_app() -> App:
    """Return the command line; no command is loaded yet."""
    app = App(name="limen", help="Limen, the threshold: customer identity and access management.", version=_version)
    for name, (place, words) in _COMMANDS.items():
        app.command(f"limen.app.cli.{place}", name=name, help=words)
    for name, (words, members) in _GROUPS.items():
        group = App(name=name, help=words)
        for member, (place, explained) in members.items():
            group.command(f"limen.app.cli.{place}", name=member, help=explained)
        app.command(group)
    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave the process with its status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    is_debug = DEBUG in given
    sys.exit(guarded(lambda: _call([one for one in given if one != DEBUG]), is_debug=is_debug))


def _call(arguments: Sequence[str]) -> Any:
    return make_app()(arguments, exit_on_error=False, print_error=False)


def guarded(work: Callable[[], Any], *, is_debug: bool = False) -> int:
    """Do *work* and return a status; tell an error as one line and a hint, with a traceback only for *is_debug*."""
    try:
        result = work()
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError as error:
        if _is_unread():
            return 141  # 128 and SIGPIPE: as of any tool whose reader has read enough
        return _told(error, is_debug=is_debug)
    except CycloptsError as error:
        _tell(str(error), "limen --help, or limen COMMAND --help")
        return 2
    except Misconfigured as error:
        if is_debug:
            raise
        _tell(str(error), error.hint)
        return 2
    except Exception as error:  # noqa: BLE001 - whatever it is: an operator reads one line
        return _told(error, is_debug=is_debug)
    return result if isinstance(result, int) else 0


def _told(error: Exception, *, is_debug: bool) -> int:
    if is_debug:
        raise error
    _tell(f"{type(error).__name__}", "run again with --debug to see where")
    return 1


def _is_unread() -> bool:
    """Tell whether nobody reads what is printed, as behind ``| head``; what is still to be written is thrown away."""
    try:
        output = sys.stdout.fileno()
    except OSError:  # nothing of the system's stands behind it
        return False
    watched = select.poll()
    watched.register(output, select.POLLOUT)
    if any(events & select.POLLERR for _, events in watched.poll(0)):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, output)
        os.close(nothing)
        return True
    return False


def _tell(problem: str, hint: str) -> None:
    print(f"limen: {problem}", file=sys.stderr)  # noqa: T201  # the command line speaks
    if hint:
        print(f"  hint: {hint}", file=sys.stderr)  # noqa: T201


def _version() -> str:
    from importlib.metadata import version  # noqa: PLC0415

    return f"limen {version('limen')}"
