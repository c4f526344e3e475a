"""Where a site's own hub is reached on this machine."""

from hub.model import Site

ANYWHERE = ("0.0.0.0", "::")


def own_url(site: Site, port: int = 0) -> str:
    """Return the address of the hub that runs a site here; `port` where it is not the site's."""
    host = "127.0.0.1" if site.web.host in ANYWHERE else site.web.host
    scheme = "https" if site.web.cert else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port or site.web.port}"
