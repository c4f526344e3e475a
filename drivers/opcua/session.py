"""One session at one server: channel, sign-in, requests in portions the server can take, and the news that it is lost.

The library's own reconnecting is not used: a line is opened anew by the runner, and everything is rebuilt.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from asyncua import Client, ua
from asyncua.client.ua_client import UaClient
from asyncua.ua.ua_binary import struct_from_binary
from cryptography import x509

from drivers.opcua import notifications, refusals
from drivers.opcua.address import Connection, endpoint
from drivers.opcua.notifications import Message
from drivers.opcua.security import Trust, load_user, own_certificate, secure
from drivers.opcua.transport import LARGEST_MESSAGE, Tap, Transport
from drivers.statistics import Statistics
from hub.model import Clock, DriverError, Misconfigured, Unreachable

T = TypeVar("T")

PORTION = 500
"""Nodes in one request where the server names no smaller limit."""
MOST_REFERENCES = 20_000
"""References of one node that are looked at."""
SESSION_LIFE = 120_000
"""Milliseconds after which a server may forget a session that it hears nothing of."""
FAREWELL = 1.0
"""Seconds that a closing session waits for a server's answer."""
NAMESPACES, MAX_READ, MAX_TRANSLATE, MAX_ITEMS = 2255, 11_705, 11_712, 11_714
"""Server.NamespaceArray and three of its OperationLimits (OPC 10000-5, 6.3.11)."""

VALUE, VALUE_RANK = 13, 15
"""Attributes of a variable (OPC 10000-4, annex A)."""


class Session:
    """One connection of one line, from `open` to `close`."""

    def __init__(
        self,
        connection: Connection,
        trust: Trust,
        timeout: float,
        clock: Clock,
        *,
        counted: Statistics | None = None,
        tap: Tap | None = None,
    ) -> None:
        self.connection = connection
        self.where = "{}:{}".format(*endpoint(connection))
        self.trust = trust
        self.timeout = timeout
        self.namespaces: list[str] = []
        self.server_certificate: x509.Certificate | None = None
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Fails with Unreachable when the session is over."""
        self._clock = clock
        self._counted = Statistics() if counted is None else counted
        self._tap = tap
        self._limits = {MAX_READ: PORTION, MAX_TRANSLATE: PORTION, MAX_ITEMS: PORTION}
        self._client = self._new_client()
        self._connected = False
        """Whether a hang-up is a loss; before, it is the end of asking for endpoints."""
        self._renewing: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect, sign in, learn the server's names and limits. Raises Unreachable, Misconfigured."""
        if self.connection.security != "None":
            own_certificate(self.trust)
            self.server_certificate = await self._step(
                secure(self._client, self.connection, self.trust, self._clock.now()), self._no_connection
            )
        await self._step(self._client.connect_socket(), self._no_connection)
        await self._step(self._client.send_hello(), self._no_connection)
        await self._step(self._client.open_secure_channel(), self._no_channel)
        self._connected = True
        await self._step(self._sign_in(), self._no_session)
        await self.learn()
        self._renewing = asyncio.create_task(self._renew(), name=f"renew {self.where}")

    async def close(self) -> None:
        """Say farewell, briefly, and cut the connection; safe in every state."""
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.gather(self._renewing, return_exceptions=True)
        transport: UaClient = self._client.uaclient
        protocol = transport.protocol
        with contextlib.suppress(*refusals.LOST):
            async with asyncio.timeout(FAREWELL):
                await transport.session.close_session(True)
                await transport.close_secure_channel()
        transport.disconnect_socket()
        if protocol is not None and protocol.transport is not None:
            protocol.transport.abort()
        if not self.lost.done():
            self.lost.cancel()
        elif not self.lost.cancelled():
            self.lost.exception()

    def lose(self, why: DriverError) -> None:
        """End the session for this reason; the first one counts."""
        if not self.lost.done():
            self.lost.set_exception(why)

    async def read(self, nodes: Sequence[ua.NodeId], attribute: int = VALUE) -> list[ua.DataValue | None]:
        """Return an attribute of nodes; None where the answer cannot be decoded. Raises Unreachable."""
        found: list[ua.DataValue | None] = []
        for portion in portions(nodes, self._limits[MAX_READ]):
            found += await self._read(portion, attribute)
        return found

    async def translate(self, paths: Sequence[ua.BrowsePath]) -> list[ua.BrowsePathResult]:
        """Return to which nodes browse paths lead. Raises Unreachable."""
        found: list[ua.BrowsePathResult] = []
        for portion in portions(paths, self._limits[MAX_TRANSLATE]):
            found += await self._ask(self._client.uaclient.translate_browsepaths_to_nodeids(list(portion)))
        return found

    async def browse(self, wanted: Sequence[ua.BrowseDescription]) -> list[list[ua.ReferenceDescription]]:
        """Return the references of nodes, those that come in portions too. Raises Unreachable."""
        parameters = ua.BrowseParameters(NodesToBrowse=list(wanted), RequestedMaxReferencesPerNode=ua.UInt32(1000))
        found = [
            (list(r.References or ()), r.ContinuationPoint)
            for r in await self._ask(self._client.uaclient.browse(parameters))
        ]
        for references, point in found:
            while point and len(references) < MOST_REFERENCES:
                more = ua.BrowseNextParameters(ContinuationPoints=[point])
                (result,) = await self._ask(self._client.uaclient.browse_next(more))
                references += result.References or ()
                point = result.ContinuationPoint
        return [references for references, _ in found]

    async def create_items(
        self, subscription: int, wanted: Sequence[ua.MonitoredItemCreateRequest]
    ) -> list[ua.MonitoredItemCreateResult]:
        """Let the server watch nodes; each has its own result. Raises Unreachable."""
        made: list[ua.MonitoredItemCreateResult] = []
        for portion in portions(wanted, self._limits[MAX_ITEMS]):
            parameters = ua.CreateMonitoredItemsParameters(
                SubscriptionId=subscription,
                TimestampsToReturn=ua.TimestampsToReturn.Source,
                ItemsToCreate=list(portion),
            )
            made += await self._ask(self._client.uaclient.create_monitored_items(parameters))
        return made

    async def create_subscription(self, wanted: ua.CreateSubscriptionParameters) -> ua.CreateSubscriptionResult:
        """Make a subscription. Raises Unreachable, and ua.UaStatusCodeError when the server does not have them."""
        request = ua.CreateSubscriptionRequest()
        request.Parameters = wanted
        data = await self._send(request)
        response = struct_from_binary(ua.CreateSubscriptionResponse, data)
        response.ResponseHeader.ServiceResult.check()
        made: ua.CreateSubscriptionResult = response.Parameters
        return made

    async def delete_subscriptions(self, numbers: Sequence[int]) -> None:
        """Let subscriptions go; what the server says to that is of no use."""
        with contextlib.suppress(*refusals.LOST):
            await self._client.uaclient.delete_subscriptions(list(numbers))

    async def publish(self, acknowledgements: list[ua.SubscriptionAcknowledgement]) -> Message:
        """Ask for the next notification and wait for it, however long. Raises what the library raises."""
        request = ua.PublishRequest()
        request.Parameters.SubscriptionAcknowledgements = acknowledgements
        data = await self._send(request, 0)
        return notifications.read(bytes(data)) or notifications.by_library(data)

    async def write(self, node: ua.NodeId, value: ua.Variant) -> int:
        """Write a variable and return the status code. Raises Unreachable."""
        given = ua.DataValue(value)
        given.StatusCode = None
        results = await self._ask(self._client.uaclient.write_attributes([node], [given], ua.AttributeIds.Value))
        return int(results[0].value)

    async def call(self, owner: ua.NodeId, method: ua.NodeId, arguments: Sequence[ua.Variant]) -> int:
        """Call a method and return the status code. Raises Unreachable."""
        request = ua.CallMethodRequest(ObjectId=owner, MethodId=method, InputArguments=list(arguments))
        results = await self._ask(self._client.uaclient.call([request]))
        return int(results[0].StatusCode.value)

    def _new_client(self) -> Client:
        client = Client(self.connection.url, timeout=self.timeout)
        client.uaclient = Transport(self.timeout, self._hung_up, self._counted, self._clock, self._tap)
        client.name = client.description = "Citywatch"
        client.application_uri, client.product_uri = "urn:citywatch", "urn:citywatch"
        client.session_timeout = SESSION_LIFE
        client.max_messagesize = LARGEST_MESSAGE
        return client

    async def _sign_in(self) -> None:
        client, connection = self._client, self.connection
        await client.create_session()
        if connection.cert is not None and connection.key is not None:
            await load_user(client, connection.cert, connection.key)
        password = connection.password.get_secret_value() if connection.password is not None else None
        if password is not None and connection.security == "None" and not _encrypts(client):
            raise Misconfigured(
                f"{self.where} would get the password in the clear: set connection.security to another policy"
            )
        await client.activate_session(connection.user, password, client.user_certificate)

    async def learn(self) -> None:
        """Ask for the server's namespaces and limits. Raises Unreachable."""
        wanted = [NAMESPACES, *self._limits]
        found = await self._read([ua.NodeId(ua.Int32(number)) for number in wanted])
        names = found[0].Value.Value if found[0] is not None and found[0].Value is not None else None
        self.namespaces = [str(name) for name in names] if isinstance(names, list | tuple) else []
        for number, one in zip(wanted[1:], found[1:], strict=True):
            limit = one.Value.Value if one is not None and one.Value is not None else None
            if isinstance(limit, int) and limit > 0:
                self._limits[number] = min(limit, self._limits[number])

    async def _read(self, nodes: Sequence[ua.NodeId], attribute: int = VALUE) -> list[ua.DataValue | None]:
        """Read one portion; where its answer cannot be decoded, halve it until the culprit stands alone."""
        parameters = ua.ReadParameters(TimestampsToReturn=ua.TimestampsToReturn.Source)
        parameters.NodesToRead = [ua.ReadValueId(NodeId=node, AttributeId=ua.UInt32(attribute)) for node in nodes]
        request = ua.ReadRequest(Parameters=parameters)
        data = await self._ask(self._send(request))
        try:
            response = struct_from_binary(ua.ReadResponse, data)
        except Exception:  # the library's decoder raises whatever a malformed value makes it raise
            if len(nodes) == 1:
                return [None]
            half = len(nodes) // 2
            return await self._read(nodes[:half], attribute) + await self._read(nodes[half:], attribute)
        await self._ask(_checked(response))
        return list(response.Results)

    async def _send(self, request: Any, timeout: float | None = None) -> Any:
        """Send a request and return the bytes of the answer; a timeout of 0: wait however long."""
        protocol = self._client.uaclient.protocol
        if protocol is None:
            raise ConnectionError("the connection is closed")
        return await protocol.send_request(request, timeout)

    async def _ask(self, answer: Awaitable[T]) -> T:
        return await self._step(answer, self._no_connection)

    async def _step(self, doing: Awaitable[T], explain: Callable[[BaseException], DriverError]) -> T:
        try:
            return await doing
        except DriverError:
            raise
        except refusals.LOST as error:
            raise explain(error) from error

    def _no_connection(self, error: BaseException) -> DriverError:
        return refusals.no_connection(error, self.where, LARGEST_MESSAGE)

    def _no_channel(self, error: BaseException) -> DriverError:
        # a fault in place of the answer makes the library assert; hanging up is what other servers do
        told = refusals.code_of(error) or isinstance(error, ConnectionError | AssertionError)
        if self.connection.security != "None" and told:
            return refusals.ours_refused(error, self.where, str(self.trust.certificates.own_path))
        return self._no_connection(error)

    def _no_session(self, error: BaseException) -> DriverError:
        if told := refusals.sign_in(error, self.where, self.connection.user, self.connection.cert):
            return told
        if refusals.code_of(error) in refusals.OURS_REFUSED:
            return refusals.ours_refused(error, self.where, str(self.trust.certificates.own_path))
        return self._no_connection(error)

    def _hung_up(self) -> None:
        if self._connected:
            self.lose(Unreachable(f"{self.where} closed the connection"))

    async def _renew(self) -> None:
        """Renew the channel's keys when three quarters of their life are over (OPC 10000-4, 5.6.2)."""
        try:
            while True:
                await asyncio.sleep(0.75 * self._client.secure_channel_timeout / 1000)
                await self._client.open_secure_channel(renew=True)
                self._client.uaclient.revolve_security_token()
        except refusals.LOST as error:
            self.lose(self._no_connection(error))


async def _checked(response: ua.ReadResponse) -> None:
    response.ResponseHeader.ServiceResult.check()


def _encrypts(client: Client) -> bool:
    policy = client.server_policy(ua.UserTokenType.UserName).SecurityPolicyUri
    return not str(policy).endswith("#None")


def portions(whole: Sequence[T], size: int) -> Iterator[list[T]]:
    """Yield the parts of a sequence, each of at most `size`."""
    rest = iter(whole)
    while part := list(islice(rest, size)):
        yield part
