"""How a handler says that its job cannot go on yet."""


class Waiting(Exception):
    """Not a failure: the job is put back and comes up again later.

    Args:
        seconds: For how long.
        stage: What it waits for.
    """

    def __init__(self, seconds: float, stage: str) -> None:
        super().__init__(stage)
        self.seconds = seconds
        self.stage = stage
