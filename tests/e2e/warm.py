"""What commands and index workers import, imported once: forks of the process that has this start at once."""

import alembic.command
import faster_whisper.vad
import onnx
import rich.console

import catalog.migrate
import embeddings.bert_pack
import embeddings.exact
import embeddings.voice
import indexer.compare
import indexer.models
import indexer.purging
import indexer.walker
import scripts.owner
from scripts.rekindle import build

__all__ = ["alembic", "catalog", "embeddings", "faster_whisper", "indexer", "onnx", "rich", "scripts"]

build(None)
