"""Word error rate of the active speech pack on clips with a transcript.

``python -m scripts.bench.speech --clips FOLDER [--packs FOLDER]``

Every ``NAME.txt`` in FOLDER is the transcript of the sound file ``NAME.*`` beside it. Prints one JSON object:
rate and speed (seconds of sound per CPU second) per clip.
"""

import argparse
import json
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import jiwer

from embeddings import factory
from embeddings.encoder import SpeechRecogniser
from embeddings.packs import PackStore
from media.sound import SPEECH_RATE, speech_samples

JFK = (
    "and so my fellow americans ask not what your country can do for you ask what you can do for your country"
)
"""Public record; its clip commonly comes without a transcript."""

NOT_SPOKEN = re.compile(r"[^\w' ]+")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--clips", type=Path, required=True, help="folder with sound files and transcripts")
    parser.add_argument("--packs", type=Path, help="installed packs; only the built-in ones otherwise")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        recogniser = factory.open_speech(PackStore(asked.packs or Path(scratch)))
        clips = {path.name: measure(recogniser, path, spoken) for path, spoken in transcripts(asked.clips)}
    found = {"pack": recogniser.spec.space, "draft": recogniser.draft, "clips": clips}
    print(json.dumps(found, indent=1, ensure_ascii=False))
    return 0


def transcripts(folder: Path) -> Iterator[tuple[Path, str]]:
    """Sound files and what is said in them."""
    for path in sorted(folder.iterdir()):
        text = path.with_suffix(".txt")
        if path.suffix != ".txt" and text.is_file():
            yield path, text.read_text(encoding="utf-8")
        elif path.name == "jfk.flac":
            yield path, JFK


def measure(recogniser: SpeechRecogniser, path: Path, spoken: str) -> dict[str, object]:
    """Error rate, speed and the words heard."""
    seconds = sum(map(len, speech_samples(path))) / SPEECH_RATE
    start = time.process_time()
    heard = " ".join(cue.text for cue in recogniser.transcribe(path))
    spent = time.process_time() - start
    rate = jiwer.wer(plain(spoken), plain(heard)) if heard else 1.0
    return {"word_error_rate": round(rate, 3), "speed": round(seconds / spent, 1), "heard": heard}


def plain(text: str) -> str:
    """Lower case, no punctuation."""
    return " ".join(NOT_SPOKEN.sub(" ", text.lower()).split())


if __name__ == "__main__":
    sys.exit(main())
