"""The one way in which rendering fails."""


class RenderFailed(Exception):  # noqa: N818 - it reads as what happened, like State.FAILED
    """A letter could not be made; the message names the template and the fault, never a reader."""

    def __init__(self, template: str, fault: str) -> None:
        super().__init__(f"{template}: {fault}")
        self.template = template
