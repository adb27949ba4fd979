"""Why a file was not taken, in words for the person who can act."""


class FileRefused(Exception):
    """Nothing was stored. `code` is stable for programs, `status` its HTTP meaning."""

    def __init__(self, code: str, sentence: str, status: int = 400) -> None:
        self.code = code
        self.sentence = sentence
        self.status = status
        super().__init__(sentence)
