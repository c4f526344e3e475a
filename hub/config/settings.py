"""`web:` and `store:` of a site as settings: nothing listens in the clear, no password stands in a URL."""

from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from hub.config.marks import Map, Mark, Source, locate
from hub.config.problems import Report
from hub.config.secrets import Secrets
from hub.config.site import StoreEntry, WebEntry
from hub.config.validate import describe
from hub.model import StoreSettings, WebSettings

EMBEDDED = "embedded"
_SCHEMES = ("postgresql", "postgres")


def web(entry: WebEntry, tree: Map, folder: Path, report: Report) -> WebSettings:
    """Return where the console listens; anything but loopback without TLS is reported, and files that are not there."""
    if entry.tls is None:
        if not _loopback(entry.host):
            mark = locate(tree, ["web", "host"], tree.mark)[1]
            report.error(
                mark, f"'{entry.host}' is not loopback, so the console needs TLS", "add tls: {cert: …, key: …}"
            )
        return WebSettings(entry.host, entry.port)
    for key, path in (("cert", entry.tls.cert), ("key", entry.tls.key)):
        if not (folder / path).is_file():
            report.error(locate(tree, ["web", "tls", key], tree.mark)[1], f"there is no file '{path}'")
    return WebSettings(entry.host, entry.port, str(folder / entry.tls.cert), str(folder / entry.tls.key))


def _loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def store(entry: StoreEntry, tree: Map, secrets: Secrets, report: Report) -> StoreSettings:
    """Return the database's settings; a URL that cannot be one or that shows its password is reported."""
    keep = dict(entry.keep.model_dump())
    node, mark = locate(tree, ["store", "url"], tree.mark)
    if isinstance(entry.url, Map) and entry.url.is_reference:
        url = secrets.resolve(entry.url)
        if url:
            _check_url(url, mark, report)
        return StoreSettings(url, keep)
    if not isinstance(entry.url, str):
        report.error(mark, f"expected '{EMBEDDED}', a URL or a reference, found {describe(node)}")
        return StoreSettings(EMBEDDED, keep)
    _check_url(entry.url, mark, report)
    if entry.url != EMBEDDED and _password(entry.url):
        veiled = Mark(Source(mark.source.name, ()), mark.line, mark.column)
        report.error(veiled, "the URL shows its password", "put the URL into secrets.yaml and write {secret: name}")
    return StoreSettings(entry.url, keep)


def _check_url(url: str, mark: Mark, report: Report) -> None:
    if url != EMBEDDED and not url.startswith(tuple(f"{scheme}://" for scheme in _SCHEMES)):
        report.error(mark, f"the database is '{EMBEDDED}' or a URL postgresql://…")


def _password(url: str) -> bool:
    try:
        return urlsplit(url).password is not None
    except ValueError:
        return False
