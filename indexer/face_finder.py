"""Faces of the sample at hand, looked for once however many stages ask."""

from embeddings.encoder import DetectedFace, FaceEncoder
from media.look import Sample


class FaceFinder:
    """Asks the active face pack, and remembers its answer until the next sample.

    Attributes:
        encoder: The pack's encoder.
    """

    def __init__(self, encoder: FaceEncoder) -> None:
        self.encoder = encoder
        self._sample: Sample | None = None
        self._found: list[DetectedFace] = []

    def faces_in(self, sample: Sample) -> list[DetectedFace]:
        """Faces from large to small."""
        if sample is not self._sample:
            self._sample, self._found = sample, self.encoder.detect(sample.picture)
        return self._found
