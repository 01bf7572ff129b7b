"""What commands and index workers import, imported once: forks of the process that has this start at once."""

import alembic.command
import anyio._core._sockets
import faster_whisper.vad
import httpcore
import onnx
import rich.console
import uvicorn.protocols.http.h11_impl

import catalog.migrate
import embeddings.bert_pack
import embeddings.clip
import embeddings.exact
import embeddings.face_dlib
import embeddings.ocr
import embeddings.speech_pocketsphinx
import embeddings.vector_file
import embeddings.voice
import indexer.compare
import indexer.models
import indexer.purging
import indexer.walker
import scripts.owner
from scripts.rekindle import build

__all__ = [
    "alembic",
    "anyio",
    "catalog",
    "embeddings",
    "faster_whisper",
    "httpcore",
    "indexer",
    "onnx",
    "rich",
    "scripts",
    "uvicorn",
]

build(None)
