"""The API's client in front of an application in this process."""

import httpx
from fastapi.testclient import TestClient

from search_api.client import Client


class AppTransport(httpx.BaseTransport):
    """Hands requests to an application under test."""

    def __init__(self, http: TestClient) -> None:
        self._http = http

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._http.request(
            request.method, str(request.url), headers=dict(request.headers), content=request.read()
        )
        return httpx.Response(answer.status_code, headers=dict(answer.headers), content=answer.content)


def client_of(http: TestClient) -> Client:
    """A client that speaks to ``http``'s application."""
    return Client("http://127.0.0.1", transport=AppTransport(http))
