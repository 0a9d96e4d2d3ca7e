"""Connections that come to nothing are ended, so that nobody can hold them all.

The server's own limits begin with a request; a client that never ends the head of one, or says
nothing at all, would hold its connection for ever. Here a connection on which no request has been
under way for a while is closed.
"""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

__all__ = ["PromptProtocol"]


class PromptProtocol(H11Protocol):
    """HTTP for clients that say what they want within ``waits_s`` seconds.

    Attributes:
        waits_s: Longest wait for the head of a request, s.
    """

    waits_s: float = 15.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to watch the connection.

        Args:
            transport: The connection.
        """
        super().connection_made(transport)
        self._watch()

    def _watch(self) -> None:
        self.loop.call_later(self.waits_s, self._look, self.cycle)

    def _look(self, seen: RequestResponseCycle | None) -> None:
        """Close the connection where nothing is under way and nothing was since the last look."""
        if self.transport.is_closing():
            return
        now = self.cycle
        if now is seen and (now is None or now.response_complete):
            self.transport.close()
        else:
            self._watch()
