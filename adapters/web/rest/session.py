"""Signing in and out, and who is signed in."""

from aiohttp import web

from adapters.web.accounts import Who
from adapters.web.answers import LoginRequest, MeAnswer, TicketAnswer
from adapters.web.auth import TICKET_LIFE_S
from adapters.web.board import encode
from adapters.web.entitled import entitled
from adapters.web.passwords import TooBusy
from adapters.web.problem import ProblemError
from adapters.web.routes import Answer, Call, Route
from hub.model import SECOND
from hub.model.clock import iso
from hub.roles import Right, Role


def _me(call: Call, who: Who) -> dict[str, object]:
    return {
        "user": who.user,
        "role": who.role.value,
        "may": entitled(call.parts.view.site, who.user, who.role),
        "language": call.parts.view.site.language,
        "expires": iso(who.expires),
    }


async def me(call: Call) -> Answer:
    """Tell who is asking."""
    return _me(call, call.someone())


async def login(call: Call) -> Answer:
    """Sign in with name and password."""
    sent, parts = call.sent(LoginRequest), call.parts
    role = await _proven(call, sent.user, sent.password)
    secret = parts.accounts.open_session(sent.user, role)
    who = parts.accounts.session(secret)
    assert who is not None
    response = web.Response(body=encode(_me(call, who)), content_type="application/json")
    parts.gate.sign_in(response, secret)
    return response


async def _proven(call: Call, user: str, password: str) -> Role:
    parts, address = call.parts, call.request.remote or ""
    if wait := parts.throttle.wait(user, address):
        seconds = -(-wait // SECOND)
        detail = f"too many failed sign-ins; try again in {seconds} s"
        raise ProblemError(429, "slow_down", detail, headers={"Retry-After": str(seconds)})
    known = parts.accounts.user(user)
    try:
        fits = await parts.checker.check(known[1] if known else None, password)
    except TooBusy:
        raise ProblemError(503, "busy", "too many people are signing in; try again in a few seconds") from None
    if known is None or not fits:
        parts.throttle.failed(user, address)
        raise ProblemError(401, "wrong_password", "name or password is wrong")
    parts.throttle.passed(user, address)
    return known[0]


async def logout(call: Call) -> Answer:
    """Sign out: the session ends, and every socket opened with it."""
    who, parts = call.someone(), call.parts
    if not who.by_cookie:
        raise ProblemError(400, "bad_request", "a token cannot sign out; end it with `citywatch token revoke`")
    parts.accounts.end_session(who)
    parts.broadcast.end_credential(who.credential)
    response = web.Response(status=204)
    parts.gate.sign_out(response)
    return response


async def ticket(call: Call) -> Answer:
    """Give a ticket that opens one WebSocket."""
    return {"ticket": call.parts.tickets.issue(call.someone()), "expires_s": TICKET_LIFE_S}


ROUTES = (
    Route("GET", "/me", me, Right.READ, MeAnswer, "Who is asking, and what they may do"),
    Route(
        "POST", "/login", login, None, MeAnswer,
        "Sign in with name and password; sets the session cookie", body=LoginRequest, problems=(401, 429, 503),
    ),
    Route("POST", "/logout", logout, Right.READ, None, "End the session and its sockets"),
    Route("POST", "/ticket", ticket, Right.READ, TicketAnswer, "A ticket for one WebSocket, for 30 seconds"),
)  # fmt: skip
