"""Settings → the vector index."""

from embeddings.cursor import CursorFile, FollowedIndex
from embeddings.edge_index import EdgeIndex
from embeddings.edge_process import EdgeProcess
from embeddings.generations import GenerationalIndex, start_over
from foundation.errors import IndexUnavailable
from foundation.home import Home
from foundation.settings import VectorSettings


def open_index(home: Home, settings: VectorSettings, *, apart: bool = False) -> FollowedIndex:
    """Open the index that the settings name.

    Args:
        home: Whose index.
        settings: Which engine.
        apart: Run the engine in a process of its own, so that whoever answers many need not wait for it; it
            takes a while to start.

    Raises:
        AlreadyOwned: Another process owns this home's index.
        IndexUnavailable: It is damaged, or the server does not answer.
    """
    if settings.adapter == "edge":
        return GenerationalIndex(home.index, settings, EdgeProcess if apart else EdgeIndex)
    # The client takes half a second to import; only those who use a server pay for it.
    from qdrant_client import QdrantClient  # noqa: PLC0415

    from embeddings.qdrant_index import QdrantIndex, answering  # noqa: PLC0415

    with answering():
        client = QdrantClient(
            url=settings.qdrant_url, api_key=settings.qdrant_api_key, check_compatibility=False
        )
    return QdrantIndex(client, CursorFile(home.index / "qdrant-cursor.json"))


def open_for_repair(home: Home, settings: VectorSettings) -> FollowedIndex:
    """Open the index to be rebuilt; one that is too damaged to be opened is begun again, empty.

    Raises:
        AlreadyOwned: Another process owns this home's index.
        IndexUnavailable: The server does not answer.
    """
    try:
        return open_index(home, settings)
    except IndexUnavailable:
        if settings.adapter != "edge":
            raise
        start_over(home.index)
        return open_index(home, settings)
