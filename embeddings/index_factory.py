"""Settings → the vector index."""

from embeddings.cursor import CursorFile, FollowedIndex
from embeddings.generations import GenerationalIndex
from foundation.home import Home
from foundation.settings import VectorSettings


def open_index(home: Home, settings: VectorSettings) -> FollowedIndex:
    """Open the index that the settings name.

    Raises:
        AlreadyOwned: Another process owns this home's index.
        IndexUnavailable: It is damaged, or the server does not answer.
    """
    if settings.adapter == "edge":
        return GenerationalIndex(home.index, settings)
    # The client takes half a second to import; only those who use a server pay for it.
    from qdrant_client import QdrantClient  # noqa: PLC0415

    from embeddings.qdrant_index import QdrantIndex, answering  # noqa: PLC0415

    with answering():
        client = QdrantClient(url=settings.qdrant_url, api_key=settings.qdrant_api_key)
    return QdrantIndex(client, CursorFile(home.index / "qdrant-cursor.json"))
